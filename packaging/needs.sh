# shellcheck shell=sh
# What the demo and the tests need beside a Rust toolchain, and how to get what is missing. Sourced, not run:
#
#     . packaging/needs.sh
#     install_needs demo
#
# This is the one list: ./demo, ./test and .ci/run all use it.

# Who needs it, the command or file that shows that it is there, apt package, brew formula.
needs_table() {
    cat <<'TABLE'
demo,tests cc                                       gcc                 -
demo,tests /usr/include/stdio.h                     libc6-dev           -
demo,tests,tools initdb                             postgresql          postgresql@17
demo,tests,tools psql                               postgresql-client   postgresql@17
demo,tests setsid                                   util-linux          -
script     expect                                   expect              expect
tests      pgbench                                  postgresql-contrib  postgresql@17
tests      pgcli                                    pgcli               pgcli
tests      pgbouncer                                pgbouncer           pgbouncer
tests      tmux                                     tmux                tmux
tests,lint zsh                                      zsh                 zsh
tests      fish                                     fish                fish
tests      /usr/share/bash-completion/bash_completion  bash-completion  -
tests      socat                                    socat               socat
tests      ssh                                      openssh-client      -
tests      sshd                                     openssh-server      -
tests      direnv                                   direnv              direnv
tests      zoxide                                   zoxide              zoxide
tests      /usr/share/powerlevel9k/powerlevel9k.zsh-theme  zsh-theme-powerlevel9k  -
tests      strace                                   strace              -
tests      script                                   bsdutils            -
tests      ps                                       procps              -
tests      python3                                  python3             python
tests      git                                      git                 git
tests      alembic                                  alembic             -
tests      sqitch                                   sqitch              -
tests      /usr/share/doc/libdbd-pg-perl            libdbd-pg-perl      -
tests      pg_repack                                postgresql-15-repack  -
tests      pgloader                                 pgloader            -
tests      /usr/lib/python3/dist-packages/psycopg2  python3-psycopg2    -
packages   makepkg                                  makepkg             -
packages   pacman                                   pacman-package-manager  -
packages   bsdtar                                   libarchive-tools    -
packages   fakeroot                                 fakeroot            -
packages   ruby                                     ruby                ruby
packages   nix-instantiate                          nix-bin             -
packages   debootstrap                              debootstrap         -
tools      python3                                  python3             python
tools      /usr/share/doc/python3-venv              python3-venv        -
tools      rails                                    ruby-railties       -
tools      /usr/share/doc/ruby-activerecord         ruby-activerecord   -
tools      /usr/share/doc/ruby-pg                   ruby-pg             -
tools      sequel                                   ruby-sequel         -
tools      sql-migrate                              sql-migrate         -
tools      mariadb                                  mariadb-client      mariadb
tools      mariadbd                                 mariadb-server-core -
tools      redis-cli                                redis-tools         redis
tests,tools php                                     php-cli             php
tools      /usr/share/doc/php-pgsql                 php-pgsql           -
tools      /usr/share/php/Illuminate/autoload.php   php-laravel-framework  -
tools      /usr/share/php/Symfony/Component/Dotenv  php-symfony-dotenv  -
tools      /usr/share/php/Symfony/Component/Yaml    php-symfony-yaml    -
tools      /usr/share/php/Doctrine/DBAL             php-doctrine-dbal   -
tools      java                                     default-jre-headless  -
compiled   /usr/include/postgresql/libpq-fe.h       libpq-dev           libpq
compiled   cc                                       gcc                 -
compiled   /usr/include/stdio.h                     libc6-dev           -
lint       shellcheck                               shellcheck          shellcheck
lint       shfmt                                    shfmt               shfmt
lint       mandoc                                   mandoc              mandoc
TABLE
}

# Whether it is there, also where Debian keeps the server's programs and Homebrew its unlinked ones.
have() {
    case $1 in /*) [ -e "$1" ] && return 0 || return 1 ;; esac
    command -v "$1" >/dev/null 2>&1 && return 0
    for found in /usr/sbin/"$1" /usr/lib/postgresql/*/bin/"$1" /opt/homebrew/opt/*/bin/"$1" /usr/local/opt/*/bin/"$1"; do
        [ -x "$found" ] && return 0
    done
    return 1
}

# The packages that are missing for a purpose, as apt or brew names them.
missing() {
    needs_table | while read -r who mark apt brew; do
        case ",$who," in *",$1,"*) ;; *) continue ;; esac
        [ "$2" = apt ] && package=$apt || package=$brew
        if [ "$package" != - ] && ! have "$mark"; then
            echo "$package"
        fi
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        echo "  with sudo: $*" >&2
        sudo "$@"
    fi
}

# Debian's package would make and start a server on port 5432. That is switched off for this one installation: what is
# wanted here are the programs.
apt_install() {
    quiet=/etc/postgresql-common/createcluster.d/dbguard-needs.conf
    as_root mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = off' | as_root tee "$quiet" >/dev/null
    status=0
    as_root apt-get update -q || status=$?
    [ "$status" -ne 0 ] || as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" || status=$?
    as_root rm -f "$quiet"
    return "$status"
}

# Installs what is missing for these purposes (demo, script, tests, lint, packages, tools, compiled); nothing is
# touched when nothing is missing.
install_needs() {
    if ! have cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH=$HOME/.cargo/bin:$PATH
    fi
    if ! have cargo; then
        echo "no cargo: install Rust 1.88 or newer from https://rustup.rs, then type this again" >&2
        return 1
    fi
    if command -v apt-get >/dev/null 2>&1; then
        kind=apt
    else
        kind=brew
    fi
    packages=$(for purpose in "$@"; do missing "$purpose" "$kind"; done | sort -u | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    echo "installing what is missing: $packages" >&2
    # The lists are made of package names: words.
    # shellcheck disable=SC2086
    case $kind in
    apt) apt_install $packages </dev/null >&2 ;;
    brew)
        if ! command -v brew >/dev/null 2>&1; then
            echo "neither apt-get nor brew is here; install these by hand: $packages" >&2
            return 1
        fi
        brew install $packages </dev/null >&2
        ;;
    esac
}
