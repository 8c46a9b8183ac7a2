# shellcheck shell=bash
# shellcheck disable=SC2034 # what the sourcing script reads is used there
# Shared by sqlx-prepare and sqlx-check; sourced, never run. Describes every checked query against
# a fresh database and leaves one JSON file a query in a folder. `sqlx-cli` would do the same and
# takes minutes to compile. The one thing to know: the macros write a query's file when they see
# DATABASE_URL and SQLX_OFFLINE_DIR, and only while the crate is really compiled.

# Where the macros look first; SQL lives in the crate `store` alone.
SQLX_DIR="$ROOT/store/.sqlx"

# sqlx_describe OUT: fills the empty folder OUT from the code and the migrations as they stand.
sqlx_describe() {
    local out=$1 work migration
    work=$(mktemp -d "${TMPDIR:-/tmp}/suyuan-sqlx.XXXXXX")
    # shellcheck disable=SC2064 # the folder of now, not of later
    trap "cluster_stop; rm -rf '$work' '$out'" EXIT
    trap 'exit 130' INT TERM
    cluster_start "$work"
    for migration in "$ROOT"/store/migrations/*.sql; do
        [ -e "$migration" ] || die "no migrations in store/migrations"
        psql -X -q -v ON_ERROR_STOP=1 -1 -h "$work" -U suyuan -d postgres -f - \
            <"$migration" >/dev/null || die "migration $(basename "$migration") failed"
    done
    # A number that differs each time makes cargo compile `store` anew, and nothing but `store`.
    SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$out DATABASE_URL=$CLUSTER_URL CARGO_INCREMENTAL=0 \
        cargo check --quiet --manifest-path "$ROOT/Cargo.toml" -p store --all-targets \
        --all-features --config "profile.dev.package.store.codegen-units=$((1000 + $$))" ||
        die "store does not compile against the migrated database"
    cluster_stop
}
