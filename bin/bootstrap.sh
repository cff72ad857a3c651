# What bin/up, bin/test, bin/check and bin/bench do first: Python, the virtual environment and
# Debian's packages. Meant to be sourced by them; $root is the folder of the repository.

say() { printf '%s\n' "$*"; }
refuse() { printf '%s\n' "$*" >&2; exit 2; }

# How apt may be called here: "" as root, "sudo -n" where no password is asked, else not at all.
apt_prefix() {
  command -v apt-get >/dev/null 2>&1 || return 1
  if [ "$(id -u)" -eq 0 ]; then return 0; fi
  command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && printf 'sudo -n '
}

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      printf '%s ' "$package"
  done
}

# Installs what is missing of the packages named; fails, with one line to paste, when it may not.
install_packages() {
  local missing prefix log
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then return 0; fi
  if ! prefix=$(apt_prefix); then
    say "Missing: $missing- please run:  sudo apt-get install -y $missing" >&2
    return 1
  fi
  say "Installing from Debian: $missing"
  log=$(mktemp)
  # shellcheck disable=SC2086  # both are lists of words
  if ! { ${prefix}env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 update &&
         ${prefix}env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install \
           -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    rm -f "$log"
    say "apt could not install them. Please run:  apt-get update && apt-get install -y $missing" >&2
    return 1
  fi
  rm -f "$log"
}

find_python() {
  local candidate
  for candidate in "${SIAGA_PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

require_python() {
  if python=$(find_python); then return 0; fi
  if apt_prefix >/dev/null && [ -z "$(command -v python3)" ]; then
    install_packages python3 python3-venv && python=$(find_python) && return 0
  fi
  refuse "Siaga needs Python 3.11 or newer; this machine has $(python3 --version 2>/dev/null || echo none). Debian 12 and Ubuntu 24.04 bring one: apt-get install -y python3 python3-venv"
}

make_venv() {
  local version
  if "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
    "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    return 0
  fi
  require_python
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    install_packages "python$version-venv" ||
      refuse "Python has no venv module; without it Siaga cannot install its own packages."
  fi
  say "Making the virtual environment"
  rm -rf "$venv"
  "$python" -m venv "$venv" || refuse "The virtual environment could not be made in $venv."
}

# Installs a list of requirements, and again only when the list has changed.
install_requirements() {
  local list=$1 stamp digest
  stamp="$venv/.installed-$(basename "$list" .txt)"
  digest=$(cat "$root/requirements.txt" "$root/$list" | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$digest" ]; then return 0; fi
  say "Installing Python packages ($list); the first time takes a minute"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --requirement "$root/$list" ||
    refuse "The Python packages of $list could not be installed (see the lines above)."
  printf '%s\n' "$digest" >"$stamp"
  # The longer list contains the shorter one.
  if [ "$list" = requirements-dev.txt ]; then
    cat "$root/requirements.txt" "$root/requirements.txt" | sha256sum | cut -d' ' -f1 \
      >"$venv/.installed-requirements"
  fi
}

# One bootstrap at a time: two first starts must not write into one environment.
prepare_python() {
  venv=${SIAGA_VENV:-$root/.venv}
  mkdir -p "$(dirname "$venv")"
  {
    flock 9
    make_venv
    install_requirements "$1"
  } 9<"$root"
}
