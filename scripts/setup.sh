#!/usr/bin/env bash
# Makes this checkout able to run (scripts/setup.sh run), or to run its tests too (scripts/setup.sh test).
# A second time is quick and changes nothing; what a broken-off set-up left behind is made anew.
# It wants only what a bare Debian or macOS has: bash 3.2, and Debian's own python3 without venv or pip.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-run}
# WeasyPrint sets text with pango and harfbuzz; days are decided in Asia/Shanghai, which tzdata knows.
run_packages="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 tzdata"
# The browser tests: Playwright's driver wants libatomic, the pages want a font that has Chinese. The commands of
# docs/clerk.md are run as they stand: they want curl and jq (macOS has curl).
test_packages="libatomic1 fonts-wqy-microhei curl jq"
browser_package=chromium
python=
seen=

say() { printf 'set-up: %s\n' "$*"; }
stop() {
    printf 'set-up: %s\n' "$*" >&2
    exit 1
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() { # quietly MEND COMMAND…: when it fails, the end of its output says why and one line names the mend
    local mend=$1
    shift
    if "$@" >"$log" 2>&1 </dev/null; then return 0; fi
    tail -n 15 "$log" >&2
    stop "$mend"
}

is_at() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; } # does this file say that

# ---- system packages ----

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

may_be_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null || return
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }
}

absent() { # which of the named Debian packages are not installed
    local package
    for package in "$@"; do
        case $(dpkg-query -W -f='${db:Status-Status} ' "$package" 2>/dev/null) in
            installed*) ;;
            *) printf '%s ' "$package" ;;
        esac
    done
}

apt_install() {
    local try
    for try in 1 2 3; do # another apt at work may hold its locks: that passes
        if as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
                -o DPkg::Lock::Timeout=600 "$@"; then return 0; fi
        [ "$try" = 3 ] || sleep 10
    done
    return 1
}

need_debian() {
    local missing
    missing=$(absent "$@")
    missing=${missing% }
    [ -n "$missing" ] || return 0
    may_be_root || stop "system packages are missing and you may not install them; as root run: apt-get install $missing"
    say "system packages: $missing"
    # shellcheck disable=SC2086 # a list of names
    quietly "apt-get could not install $missing; see the lines above, mend that and run again" apt_install $missing 9<&-
}

need_brew() {
    local formula
    for formula in "$@"; do
        if brew list --versions "$formula" >/dev/null 2>&1; then continue; fi
        say "Homebrew package: $formula"
        quietly "Homebrew could not install $formula; see the lines above, mend that and run again" brew install "$formula" 9<&-
    done
}

has_browser() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null; then return 0; fi
    done
    return 1
}

is_ubuntu() { grep -qs '^ID=ubuntu' /etc/os-release; } # its Chromium is a snap, which a server may not run

system_packages() { # all that is missing at once: whoever may install it is asked once
    local packages=$run_packages
    if command -v apt-get >/dev/null; then
        if ! venv_is_whole && ! find_python; then
            if [ -n "${PYTHON:-}" ] || { [ -x /usr/bin/python3 ] && ! is_new_enough /usr/bin/python3; }; then no_python; fi
            packages="python3 python3-venv $packages"
        fi
        if [ "$purpose" = test ]; then packages="$packages $test_packages"; fi
        if [ "$purpose" = test ] && ! is_ubuntu && ! has_browser; then packages="$packages $browser_package"; fi
        # shellcheck disable=SC2086 # a list of names
        need_debian $packages
    elif command -v brew >/dev/null; then
        if ! venv_is_whole && ! find_python && [ -z "${PYTHON:-}" ]; then need_brew python@3.13; fi
        need_brew pango
        if [ "$purpose" = test ]; then need_brew jq; fi
    else
        say "neither apt-get nor Homebrew is here: see yourself that pango and harfbuzz are installed, and for tests curl and jq"
    fi
}

fetched_browser() { # where the system has no Chromium to install
    if [ "$purpose" != test ] || has_browser || [ -f .venv/browser-stamp ]; then return 0; fi
    say "Chromium for the browser tests"
    quietly "Playwright could not fetch Chromium; install Chromium or Google Chrome and run again" \
        .venv/bin/playwright install --with-deps chromium
    touch .venv/browser-stamp
}

# ---- Python ----

version_of() { "$1" -c 'import platform; print(platform.python_version())' 2>/dev/null; }
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
can_make_venv() { is_new_enough "$1" && "$1" -c 'import ensurepip, venv' 2>/dev/null; }

venv_is_whole() { [ -f .venv/lock-stamp ] && is_at .venv/home "$PWD" && is_new_enough .venv/bin/python; }

find_python() { # sets python, or seen: what there was instead
    local candidate version
    seen=
    for candidate in ${PYTHON:-python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11}; do
        if ! python=$(command -v "$candidate") || ! version=$(version_of "$python"); then continue; fi
        if can_make_venv "$python"; then return 0; fi
        if is_new_enough "$python"; then version="$version without venv or ensurepip"; fi
        case "$seen, " in *"$python is "*) ;; *) seen="${seen:+$seen, }$python is $version" ;; esac
    done
    return 1
}

no_python() {
    if [ -n "${PYTHON:-}" ]; then stop "Python 3.11 or newer is needed: ${seen:-PYTHON=$PYTHON is not there}"; fi
    stop "Python 3.11 or newer is needed: ${seen:-there is no python3}; install one and say PYTHON=/path/to/it after make …"
}

one_at_a_time() { # a lock on the checkout folder, held until this script and its pip have ended: no file stays behind
    exec 9<.
    if command -v flock >/dev/null; then
        flock -n 9 && return
        say "another set-up of this checkout is at work; waiting for it"
        flock 9
    elif command -v python3 >/dev/null; then # any version
        python3 -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' # belongs to our descriptor, so it outlives python3
    fi
}

pip() { # the machine's settings for where packages come from hold; those for what goes where do not
    env -u PIP_USER -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT -u PIP_REQUIREMENT -u PIP_CONSTRAINT -u PIP_EDITABLE \
        -u PIP_BUILD_CONSTRAINT -u PIP_NO_DEPS -u PIP_DRY_RUN -u PIP_REPORT -u PIP_PYTHON -u PIP_NO_BINARY \
        -u PIP_IGNORE_INSTALLED -u PIP_REQUIRE_HASHES -u PIP_NO_BUILD_ISOLATION -u PIP_VERBOSE -u PIP_LOG \
        .venv/bin/python -I -m pip "$@" -q --disable-pip-version-check --no-input --no-user
}

virtual_environment() {
    local lock project
    lock=$(cksum <requirements.lock)
    project=$(cksum <pyproject.toml)
    # Each stamp goes before its packages change and comes back after: no stamp means left half done.
    if ! venv_is_whole; then
        find_python || no_python
        say "virtual environment .venv with Python $(version_of "$python")"
        rm -rf .venv
        quietly "$python could not make .venv; see the lines above, mend that and run again" "$python" -I -m venv .venv
        pwd >.venv/home
    fi
    if ! is_at .venv/lock-stamp "$lock"; then
        say "$(grep -c '^[A-Za-z0-9]' requirements.lock) Python packages of requirements.lock, each checked against its hash"
        rm -f .venv/lock-stamp .venv/project-stamp
        quietly "pip could not install requirements.lock; see the lines above, mend that and run again" \
            pip install --require-hashes --no-deps -r requirements.lock # the lock is whole: nothing to resolve, or to resolve anew
        printf '%s\n' "$lock" >.venv/lock-stamp
    fi
    if ! is_at .venv/project-stamp "$project"; then
        say "fieldops itself"
        quietly "pip could not install the project; see the lines above, mend that and run again" \
            pip install --no-deps --no-build-isolation --no-index -e .
        printf '%s\n' "$project" >.venv/project-stamp
    fi
}

compiled_searches() { # numba keeps what it compiles beside the code; half a minute here is half a minute not spent in a plan
    local code
    code=$(cat routing/*.py | cksum)
    if ! is_at .venv/searches-stamp "$code"; then
        say "compiling the route searches"
        quietly "the route searches could not be compiled; see the lines above, mend that and run again" \
            .venv/bin/python -c 'import routing; routing.warm()'
        printf '%s\n' "$code" >.venv/searches-stamp
    fi
}

case $purpose in run | test) ;; *) stop "say run or test, not $purpose" ;; esac
one_at_a_time
system_packages
virtual_environment
compiled_searches
fetched_browser
