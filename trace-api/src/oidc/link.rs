//! Which account somebody is whom an identity service vouches for. A subject that an operator linked
//! is that account. Where a claim says what somebody may do, it has to say the account's role, too,
//! and county staff get an account at their first sign-in; a producer's staff are linked by hand,
//! because no claim says whose they are.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::account::{self, Account, NewAccount, Role};
use store::{Transaction, audit, oidc};

use super::{OidcConfig, Vouched};
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// Most characters of a name that a service tells.
const NAME_CHARS_MAX: usize = 60;

/// The account of somebody whom the service vouches for.
pub(crate) async fn admit(
    state: &AppState,
    config: &OidcConfig,
    vouched: &Vouched,
) -> Answer<Account> {
    let mut transaction = state.store().begin().await?;
    let told = role(config, vouched);
    let found = oidc::find_account(&mut transaction, &vouched.issuer, &vouched.subject).await?;
    let id = match found {
        Some(id) => id,
        None => make(state, &mut transaction, vouched, told.ok_or_else(refused)?).await?,
    };
    let account = account::find(&mut transaction, id).await?;
    let account = account.map(|(account, _)| account).ok_or_else(refused)?;
    if config.role_claim.is_some() && told != Some(account.role) {
        return Err(refused());
    }
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    Ok(account)
}

/// What the claim says that somebody may do; the first value that is mapped counts.
fn role(config: &OidcConfig, vouched: &Vouched) -> Option<Role> {
    let claim = vouched.claims.get(config.role_claim.as_deref()?)?;
    let values = match claim {
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
    let mut mapped = config.roles.iter();
    let mapped = mapped.find(|(value, _)| values.contains(&value.as_str()));
    mapped.map(|(_, role)| *role)
}

async fn make(
    state: &AppState,
    transaction: &mut Transaction,
    vouched: &Vouched,
    role: Role,
) -> Answer<i64> {
    if matches!(role, Role::Producer | Role::Instrument) {
        return Err(refused());
    }
    let said = vouched.claims.get("name").and_then(Value::as_str);
    let name: String = said
        .unwrap_or_default()
        .chars()
        .take(NAME_CHARS_MAX)
        .collect();
    let name = name.replace(char::is_control, " ");
    let digest = Sha256::digest(format!("{}\n{}", vouched.issuer, vouched.subject));
    let login = format!("oidc-{}", &URL_SAFE_NO_PAD.encode(digest)[..16]);
    let new = NewAccount {
        login: &login,
        display_name: if name.trim().is_empty() {
            &login
        } else {
            name.trim()
        },
        role,
        producer_id: None,
        // No password has this hash: the account signs in over there alone.
        password_hash: "!",
    };
    let now = state.now();
    let id = account::insert(transaction, &new, now).await?;
    audit::sign(transaction, id, now).await?;
    let identity = (vouched.issuer.as_str(), vouched.subject.as_str());
    oidc::set_identity(transaction, id, Some(identity)).await?;
    Ok(id)
}

fn refused() -> Problem {
    Problem::told(
        Kind::NotVouched,
        "no account here is linked to this identity; ask the operator",
        "此身份未关联本平台账号，请联系运维人员",
    )
}
