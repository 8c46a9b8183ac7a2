//! Accounts: made, switched off and on, signed out, linked, and given another password. What the
//! server draws is told once, to whoever asked for it.

use store::account::listing::{self, Filter, Listed};
use store::account::{self, Account, NewAccount, Role};
use store::{StoreError, oidc};

use crate::act;
use crate::password;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::plausible;
use crate::state::AppState;
use crate::token;

/// Fewest characters of a password.
pub(crate) const PASSWORD_CHARS_MIN: usize = 8;

/// An account that somebody wants.
pub(crate) struct Wanted<'a> {
    /// Name to sign in with.
    pub(crate) login: &'a str,
    /// Name to show.
    pub(crate) name: &'a str,
    /// Code of its role.
    pub(crate) role: &'a str,
    /// Whose staff, exactly for a producer's.
    pub(crate) producer_id: Option<i64>,
    /// Its password.
    pub(crate) password: String,
}

/// Makes an account.
pub(crate) async fn make(
    state: &AppState,
    by: &Account,
    wanted: Wanted<'_>,
) -> Answer<(Account, bool)> {
    plausible::text("login", wanted.login, 40)?;
    plausible::text("name", wanted.name, 60)?;
    let role = Role::from_code(wanted.role).filter(|role| *role != Role::Instrument);
    let role = role.ok_or_else(|| {
        let en = "it is operator, supervisor, producer or lab";
        Problem::invalid("role", en, "没有这个角色")
    })?;
    if (role == Role::Producer) != wanted.producer_id.is_some() {
        let (en, zh) = (
            "staff of a producer, and nobody else, have one",
            "仅生产主体账号须指定主体",
        );
        return Err(Problem::invalid("producer_id", en, zh));
    }
    let password_hash = hashed(state, "password", wanted.password).await?;
    let row = NewAccount {
        login: wanted.login.trim(),
        display_name: wanted.name.trim(),
        role,
        producer_id: wanted.producer_id,
        password_hash: &password_hash,
    };
    let mut transaction = act::begin(state, by).await?;
    let id = account::insert(&mut transaction, &row, state.now()).await?;
    let made = account::find(&mut transaction, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    made.ok_or_else(no_account)
}

/// Lets nobody sign in with an account any more, and ends its sessions; or lets it be used again.
/// Nobody disables their own, so that an operator is left.
pub(crate) async fn set_disabled(
    state: &AppState,
    by: &Account,
    id: i64,
    disabled: bool,
) -> Answer<(Account, bool)> {
    if disabled && id == by.id {
        let (en, zh) = ("nobody disables their own account", "不能停用自己的账号");
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    let mut transaction = act::begin(state, by).await?;
    let since = disabled.then(|| state.now());
    account::set_disabled(&mut transaction, id, since).await?;
    if disabled {
        account::delete_sessions(&mut transaction, id, None).await?;
    }
    let kept = account::find(&mut transaction, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    kept.ok_or_else(no_account)
}

/// Ends every session of an account; returns how many.
pub(crate) async fn end_sessions(state: &AppState, id: i64) -> Answer<u64> {
    let mut connection = state.store().acquire().await?;
    account::find(&mut connection, id)
        .await?
        .ok_or_else(no_account)?;
    Ok(account::delete_sessions(&mut connection, id, None).await?)
}

/// Draws another password for an account and ends its sessions: what its owner forgot, or somebody
/// else knows, is worth nothing from now on. One's own is changed by who knows the old one.
pub(crate) async fn reset_password(state: &AppState, by: &Account, id: i64) -> Answer<String> {
    if id == by.id {
        let en = "your own password is changed with the old one";
        let zh = "自己的密码请凭旧密码修改";
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    let password = token::draw_password(state);
    let hash = hashed(state, "password", password.clone()).await?;
    let now = state.now();
    let mut transaction = act::begin(state, by).await?;
    let found = account::find(&mut transaction, id).await?;
    let (found, _) = found.ok_or_else(no_account)?;
    if found.role == Role::Instrument {
        let (en, zh) = (
            "an instrument signs with its key and has no password",
            "仪器凭密钥签名，没有密码",
        );
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    account::set_password(&mut transaction, id, &hash, now).await?;
    account::delete_sessions(&mut transaction, id, None).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(password)
}

/// What an account is linked to: issuer and subject.
pub(crate) type Identity = Option<(String, String)>;

/// Links an account to an identity of the identity service that is set up, or to none. Its sessions
/// end.
pub(crate) async fn link(
    state: &AppState,
    by: &Account,
    id: i64,
    subject: Option<&str>,
) -> Answer<Identity> {
    let service = state.identities();
    let issuer = service.map(|service| service.config().issuer.as_str());
    let identity = match (subject, issuer) {
        (None, _) => None,
        (Some(subject), Some(issuer)) => {
            plausible::text("subject", subject, 255)?;
            Some((issuer, subject))
        }
        (Some(_), None) => {
            let (en, zh) = ("no identity service is set up", "未配置统一身份认证");
            return Err(Problem::told(Kind::RuleBroken, en, zh));
        }
    };
    let mut transaction = act::begin(state, by).await?;
    account::find(&mut transaction, id)
        .await?
        .ok_or_else(no_account)?;
    oidc::set_identity(&mut transaction, id, identity).await?;
    if id != by.id {
        account::delete_sessions(&mut transaction, id, None).await?;
    }
    let kept = oidc::find_identity(&mut transaction, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(kept)
}

/// One account with what stands beside it.
pub(crate) async fn show(state: &AppState, id: i64) -> Answer<Listed> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let mut connection = state.store().acquire().await?;
    let mut found = listing::search(&mut connection, &filter, state.now(), 1).await?;
    found.pop().ok_or_else(no_account)
}

/// Hashes a new password beside the server's tasks; refuses one that is too short or too long.
pub(crate) async fn hashed(
    state: &AppState,
    field: &'static str,
    password: String,
) -> Answer<String> {
    if password.chars().count() < PASSWORD_CHARS_MIN
        || password.len() > password::PASSWORD_BYTES_MAX
    {
        let en = format!(
            "at least {PASSWORD_CHARS_MIN} characters, at most {} bytes",
            password::PASSWORD_BYTES_MAX
        );
        let zh = format!(
            "密码规则：至少 {PASSWORD_CHARS_MIN} 个字符，至多 {} 字节",
            password::PASSWORD_BYTES_MAX
        );
        return Err(Problem::invalid(field, en, zh));
    }
    let salt = state.draw();
    let hash = tokio::task::spawn_blocking(move || password::hash(&password, salt));
    let hash = hash.await.map_err(Problem::internal)?;
    hash.map_err(Problem::internal)
}

/// There is no account of this number.
pub(crate) fn no_account() -> Problem {
    Problem::told(Kind::NotFound, "there is no such account", "没有这个账号")
}
