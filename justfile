# Short names for the scripts; nothing here that a script or cargo does not do by itself.

# list the recipes
default:
    @just --list

# build and run the whole system with the demonstration county
server *ARGS:
    script/server {{ARGS}}

# every test, as CI runs them
test:
    script/test

# format all Rust code
fmt:
    cargo fmt --all

# the lints that CI enforces
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# describe the checked queries anew after a change of SQL
sqlx-prepare:
    script/sqlx-prepare

# do the described queries match the code?
sqlx-check:
    script/sqlx-check

# accept what snapshot tests see now; read the diff before committing
bless:
    INSTA_UPDATE=always BLESS=1 cargo test --workspace

# run the browser tests and keep their pictures in docs/screenshots
screenshots:
    script/screenshots
