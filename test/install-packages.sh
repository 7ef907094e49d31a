#!/usr/bin/env bash
# The programs that tests need and npm does not bring: a browser, the judge of metrics, slow clients, and
# a Perl with its modules, of which the smallest Debian has but the base.
# As root on Debian they are installed; elsewhere one line says what is missing.
set -euo pipefail

# Before Debian 13 it is part of a package that would start a monitoring server: taken out of it.
promtool="${XDG_CACHE_HOME:-$HOME/.cache}/sluice/promtool"

has_browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
has_attacker() { command -v slowhttptest >/dev/null; }
has_promtool() { command -v promtool >/dev/null || [ -x "$promtool" ]; }
has_perl() { perl -MTime::HiRes -e 1 2>/dev/null; }

missing=()
has_perl || missing+=(perl)
has_browser || missing+=(chromium)
has_promtool || missing+=(prometheus)
has_attacker || missing+=(slowhttptest)
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "npm test needs Debian's ${missing[*]} (or a chromium, a promtool, a slowhttptest and a perl of yours in the PATH)" >&2
  exit 1
fi

echo "installing for tests: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
has_perl || apt-get install -y -qq --no-install-recommends perl >/dev/null
has_browser || apt-get install -y -qq --no-install-recommends chromium >/dev/null
has_attacker || apt-get install -y -qq --no-install-recommends slowhttptest >/dev/null
if ! has_promtool && apt-cache show promtool >/dev/null 2>&1; then
  apt-get install -y -qq --no-install-recommends promtool >/dev/null
elif ! has_promtool; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  chmod 755 "$folder"
  (cd "$folder" && apt-get -o APT::Sandbox::User=root download -qq prometheus && dpkg-deb -x prometheus_*.deb .)
  install -D "$folder/usr/bin/promtool" "$promtool"
fi
