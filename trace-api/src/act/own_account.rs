//! What everybody does to their own account: changing the password, ending sign-ins, making tokens
//! for programs; and how the first account of an installation comes about.

use store::account::{self, Account, NewAccount, Role};
use store::session::{self, NewToken};
use store::{AnyConnection, StoreError};
use time::{Duration, OffsetDateTime};

use super::account::hashed;
use crate::caller::{Address, Caller};
use crate::problem::{Answer, Kind, Problem};
use crate::rule::plausible;
use crate::state::AppState;
use crate::{password, token};

/// Longest life of a token.
pub(crate) const TOKEN_DAYS_MAX: i64 = 366;
/// Most tokens of an account.
pub(crate) const TOKENS_MAX: i64 = 20;
/// What failures at the first-run page are counted by: no account is named so.
const FIRST_RUN: &str = "/welcome";

/// A token as it is shown this once.
#[derive(Debug)]
pub(crate) struct Given {
    /// Names it in the list of sign-ins.
    pub(crate) id: i64,
    /// What a program sends.
    pub(crate) token: String,
    /// After this it is worth nothing.
    pub(crate) expires_at: OffsetDateTime,
}

/// The account that the first-run page asks for.
#[derive(Debug)]
pub(crate) struct FirstOperator<'a> {
    /// What the console printed.
    pub(crate) code: &'a str,
    /// Name to sign in with.
    pub(crate) login: &'a str,
    /// Name to show; the sign-in name where it is empty.
    pub(crate) name: &'a str,
    /// Its password.
    pub(crate) password: String,
}

/// Refuses who failed too often lately, and says how long to wait.
fn throttle(
    state: &AppState,
    who: &str,
    Address(address): Address,
    now: OffsetDateTime,
) -> Answer<()> {
    match state.throttle().wait(who, address, now) {
        None => Ok(()),
        Some(wait) => Err(Problem {
            retry_after_s: u64::try_from(wait.whole_seconds().max(1)).ok(),
            ..Problem::of(Kind::TooManyAttempts)
        }),
    }
}

/// Changes one's own password. Every other sign-in of the account ends. Wrong old passwords are
/// slowed down as failed sign-ins are.
pub(crate) async fn change_password(
    state: &AppState,
    caller: &Caller,
    address: Address,
    (old, new): (String, String),
) -> Answer<()> {
    let (login, now) = (caller.account.login.as_str(), state.now());
    throttle(state, login, address, now)?;
    let mut connection = state.store().acquire().await?;
    let found = account::find_by_login(&mut connection, login).await?;
    drop(connection);
    if !password::verify(old, found.map(|(_, hash)| hash)).await {
        state.throttle().failed(login, address.0, now);
        let refused = Problem::told(Kind::RuleBroken, "it is another one", "原密码不正确");
        return Err(Problem {
            field: Some("old"),
            ..refused
        });
    }
    let hash = hashed(state, "new", new).await?;
    let mut transaction = super::begin(state, &caller.account).await?;
    account::set_password(&mut transaction, caller.account.id, &hash, now).await?;
    let own = Some(caller.token_hash.as_slice());
    account::delete_sessions(&mut transaction, caller.account.id, own).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Ends one of one's own sign-ins or tokens: it is worth nothing from now on.
pub(crate) async fn end_session(state: &AppState, account: &Account, id: i64) -> Answer<()> {
    let mut transaction = super::begin(state, account).await?;
    if !session::delete(&mut transaction, account.id, id).await? {
        let (en, zh) = ("you have no such sign-in", "没有这个登录");
        return Err(Problem::told(Kind::NotFound, en, zh));
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Makes a token for a program. A person makes it: a token makes no tokens.
pub(crate) async fn make_token(
    state: &AppState,
    caller: &Caller,
    (name, days): (&str, i64),
) -> Answer<Given> {
    plausible::text("name", name, 60)?;
    if !(1..=TOKEN_DAYS_MAX).contains(&days) {
        let en = format!("a token is worth something for 1 to {TOKEN_DAYS_MAX} days");
        let zh = format!("令牌有效期须为 1 至 {TOKEN_DAYS_MAX} 天");
        return Err(Problem::invalid("days", en, zh));
    }
    let now = state.now();
    let mut transaction = super::begin(state, &caller.account).await?;
    may_make(&mut transaction, caller, now).await?;
    let token = token::draw_token(state);
    let expires_at = now + Duration::days(days);
    let row = NewToken {
        token_hash: &token::hash(&token),
        account_id: caller.account.id,
        name: name.trim(),
        expires_at,
    };
    let id = session::insert(&mut transaction, row, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(Given {
        id,
        token,
        expires_at,
    })
}

async fn may_make(
    connection: &mut AnyConnection,
    caller: &Caller,
    now: OffsetDateTime,
) -> Answer<()> {
    let account = caller.account.id;
    let own = session::list(connection, account, &caller.token_hash, now).await?;
    if own.iter().any(|one| one.is_current && !one.name.is_empty()) {
        let (en, zh) = ("a token makes no tokens", "令牌不能再生成令牌");
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    if session::count_tokens(connection, account, now).await? >= TOKENS_MAX {
        let en = format!("an account has at most {TOKENS_MAX} tokens: end one first");
        let zh = format!("每个账号最多 {TOKENS_MAX} 个令牌，请先吊销一个");
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    Ok(())
}

/// Whether nobody can sign in yet. Once somebody can, that stays so.
pub(crate) async fn is_first_run(state: &AppState) -> Answer<bool> {
    if !state.first_run().is_open() {
        return Ok(false);
    }
    let mut connection = state.store().acquire().await?;
    let none = account::count(&mut connection).await? == 0;
    if !none {
        state.first_run().close();
    }
    Ok(none)
}

/// Makes the first operator for who knows the code that the console printed. Of two who try at
/// once one is first, and there is no such page for the other.
pub(crate) async fn make_first(
    state: &AppState,
    address: Address,
    first: FirstOperator<'_>,
) -> Answer<Account> {
    if !is_first_run(state).await? {
        return Err(Problem::of(Kind::NotFound));
    }
    let now = state.now();
    throttle(state, FIRST_RUN, address, now)?;
    if !state.first_run().knows(first.code) {
        state.throttle().failed(FIRST_RUN, address.0, now);
        let en = "it is not the code that the server printed when it started";
        return Err(Problem::invalid("code", en, "不是服务器启动时显示的启用码"));
    }
    plausible::text("login", first.login, 40)?;
    let name = Some(first.name.trim()).filter(|name| !name.is_empty());
    let name = name.unwrap_or(first.login.trim());
    plausible::text("name", name, 60)?;
    let password_hash = hashed(state, "password", first.password).await?;
    let row = NewAccount {
        login: first.login.trim(),
        display_name: name,
        role: Role::Operator,
        producer_id: None,
        password_hash: &password_hash,
    };
    let mut transaction = state.store().begin().await?;
    let made = account::insert_first(&mut transaction, &row, now).await?;
    let made = made.ok_or(Problem::of(Kind::NotFound))?;
    transaction.commit().await.map_err(StoreError::from)?;
    state.first_run().close();
    Ok(made)
}
