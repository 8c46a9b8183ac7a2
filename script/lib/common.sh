# shellcheck shell=bash
# shellcheck disable=SC2034 # what the sourcing script reads is used there
# Shared by the scripts beside it; sourced, never run. It says things, finds PostgreSQL's programs
# and starts a throw-away cluster. The one thing to know: whatever is started here is remembered by
# its process id, and only those ids are ever signalled.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s\n' "$*"; }
step() { printf '\n==> %s\n' "$*"; }
loud() { printf '\n!!! %s\n' "$*" >&2; }
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# rustup and Debian put programs where a bare shell may not look.
for dir in "${CARGO_HOME:-${HOME:-/root}/.cargo}/bin" /usr/sbin; do
    case ":$PATH:" in *":$dir:"*) ;; *) PATH="$PATH:$dir" ;; esac
done
unset dir

# Prints the path of a Chromium-like browser, or fails.
chromium_path() {
    local name
    if [ -n "${SUYUAN_CHROMIUM:-}" ]; then
        printf '%s\n' "$SUYUAN_CHROMIUM"
        return
    fi
    for name in chromium google-chrome-stable google-chrome chromium-browser; do
        command -v "$name" && return
    done
    return 1
}

# build_suyuan [cargo flags…]: builds the executable and prints its path, wherever cargo puts it.
build_suyuan() {
    local messages
    messages=$(cargo build --manifest-path "$ROOT/Cargo.toml" -p suyuan --bin suyuan \
        --message-format=json-render-diagnostics "$@") || return
    printf '%s\n' "$messages" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}

# The oldest PostgreSQL that the migrations are written for.
PG_MIN=15

# Prints the folder of the newest installed PostgreSQL server programs, or fails.
pg_bindir() {
    local dir version best='' best_version=0
    for dir in "${SUYUAN_PG_BIN:-}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        "$(dirname "$(command -v initdb || true)" 2>/dev/null)"; do
        if [ -z "$dir" ] || [ ! -x "$dir/initdb" ] || [ ! -x "$dir/postgres" ]; then continue; fi
        version=$("$dir/postgres" -V | sed -E 's/^[^0-9]*([0-9]+).*$/\1/')
        if [ "$version" -ge "$PG_MIN" ] && [ "$version" -gt "$best_version" ]; then
            best=$dir best_version=$version
        fi
    done
    [ -n "$best" ] && printf '%s\n' "$best"
}

# Runs a command as a user that PostgreSQL accepts: the caller, or for root another one.
# `setpriv` replaces itself, so the process id stays the one we know.
as_pg_user() {
    if [ "$(id -u)" -ne 0 ]; then
        "$@"
        return
    fi
    setpriv --reuid="$(pg_user)" --regid="$(id -g "$(pg_user)")" --clear-groups "$@"
}
pg_user() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

# cluster_start DIR: a cluster in the empty folder DIR that listens on a socket in DIR and on
# nothing else. Durability is off: it lives for one script. Sets CLUSTER_PID and CLUSTER_URL.
cluster_start() {
    local dir=$1 bin tries=0
    bin=$(pg_bindir) || die "no PostgreSQL >= $PG_MIN found; run script/bootstrap server"
    chmod 700 "$dir"
    [ "$(id -u)" -ne 0 ] || chown "$(pg_user)" "$dir"
    (
        cd "$dir" || exit # the caller's folder may be closed to the other user
        as_pg_user "$bin/initdb" -D "$dir/data" -U suyuan -A trust -E UTF8 --locale=C --no-sync \
            >"$dir/initdb.log" 2>&1
    ) || die "initdb failed: $(tail -n 3 "$dir/initdb.log")"
    (
        cd "$dir" || exit
        if [ "$(id -u)" -eq 0 ]; then
            exec setpriv --reuid="$(pg_user)" --regid="$(id -g "$(pg_user)")" --clear-groups \
                "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off
        fi
        exec "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off
    ) >"$dir/postgres.log" 2>&1 &
    CLUSTER_PID=$!
    CLUSTER_URL="postgres://suyuan@localhost/postgres?host=$dir"
    until psql -X -q -h "$dir" -U suyuan -d postgres -c 'select 1' >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -gt 150 ] || ! kill -0 "$CLUSTER_PID" 2>/dev/null; then
            die "postgres did not come up: $(tail -n 3 "$dir/postgres.log")"
        fi
        sleep 0.2
    done
}

# cluster_stop: fast shutdown of the cluster that cluster_start began, and nothing else.
cluster_stop() {
    [ -n "${CLUSTER_PID:-}" ] || return 0
    kill -INT "$CLUSTER_PID" 2>/dev/null || true
    wait "$CLUSTER_PID" 2>/dev/null || true
    CLUSTER_PID=''
}
