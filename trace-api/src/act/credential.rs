//! 资质证书: filing one, what a supervisor finds when comparing it with its scan, taking it back, and
//! the messages before and at its end.

use serde_json::{Value, json};
use store::account::{Account, Role};
use store::credential::{self, Credential, Filter, Words};
use store::message::{self, NewMessage};
use store::{AnyConnection, StoreError, Transaction, product};
use time::{Date, Duration};
use uuid::Uuid;

use super::lot::{iso, request_used};
use crate::authority::Scope;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::credential::{Said, check};
use crate::rule::plausible;
use crate::state::AppState;

/// Most characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// A credential as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) id: Uuid,
    /// Whose it is; only of a new one.
    pub(crate) producer_id: i64,
    /// The version that an edit saw; `None` for a new one.
    pub(crate) base: Option<i32>,
    /// The product that it is for.
    pub(crate) product_id: Option<i64>,
    /// Which kind.
    pub(crate) kind: String,
    /// Its number.
    pub(crate) number: String,
    /// The body that issued it.
    pub(crate) issuer: String,
    /// SHA-256 of its scan.
    pub(crate) scan: Option<String>,
    /// First day.
    pub(crate) valid_from: Date,
    /// Last day.
    pub(crate) valid_to: Date,
}

impl Wanted {
    fn says(&self, kept: &Credential) -> bool {
        let scan = kept.scan.as_deref().map(super::upload::hex);
        kept.product_id == self.product_id
            && kept.kind == self.kind
            && kept.number == self.number
            && kept.issuer == self.issuer
            && scan == self.scan
            && (kept.valid_from, kept.valid_to) == (self.valid_from, self.valid_to)
    }
}

/// The credential of this id, if this account may see it.
pub(crate) async fn see(
    connection: &mut AnyConnection,
    account: &Account,
    id: Uuid,
) -> Answer<Credential> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let found = credential::list(connection, &filter, 1).await?.pop();
    let seen = found.filter(|row| Scope::of(account).holds(row.producer_id));
    seen.ok_or(Problem::told(
        Kind::NotFound,
        "there is no such credential",
        "没有这份资质证书",
    ))
}

/// Files a credential or changes one that no supervisor has approved yet; it waits for one.
pub(crate) async fn write(
    state: &AppState,
    account: &Account,
    wanted: Wanted,
) -> Answer<Credential> {
    check(Said {
        kind: &wanted.kind,
        number: &wanted.number,
        issuer: &wanted.issuer,
        valid_from: wanted.valid_from,
        valid_to: wanted.valid_to,
    })?;
    let mut transaction = super::begin(state, account).await?;
    let known = credential::lock(&mut transaction, wanted.id).await?;
    let producer_id = match (known, wanted.base) {
        (true, _) => {
            see(&mut transaction, account, wanted.id)
                .await
                .map_err(|problem| {
                    if wanted.base.is_none() {
                        request_used()
                    } else {
                        problem
                    }
                })?
                .producer_id
        }
        (false, Some(_)) => return see(&mut transaction, account, wanted.id).await,
        (false, None) => wanted.producer_id,
    };
    check_owner(&mut transaction, account, producer_id, &wanted).await?;
    let scan =
        super::upload::find_scan(&mut transaction, producer_id, wanted.scan.as_deref()).await?;
    let words = Words {
        product_id: wanted.product_id,
        kind: &wanted.kind,
        number: &wanted.number,
        issuer: &wanted.issuer,
        scan: scan.as_ref().map(|hash| &hash.0[..]),
        valid_from: wanted.valid_from,
        valid_to: wanted.valid_to,
    };
    let who = (Some(account.id), state.now());
    let changed = match wanted.base {
        None => {
            !known
                && credential::insert(&mut transaction, (wanted.id, producer_id), &words, who)
                    .await?
        }
        Some(base) => credential::update(&mut transaction, (wanted.id, base), &words, who).await?,
    };
    let kept = see(&mut transaction, account, wanted.id).await?;
    if !changed {
        return resent(&kept, &wanted);
    }
    tell(
        &mut transaction,
        state,
        &kept,
        ("credential_submitted", "提交，待核对", "waits for you"),
    )
    .await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(kept)
}

async fn check_owner(
    transaction: &mut Transaction,
    account: &Account,
    producer_id: i64,
    wanted: &Wanted,
) -> Answer<()> {
    let owner = super::filing::see_producer(transaction, account, producer_id).await;
    owner.map_err(|_| {
        Problem::invalid(
            "producer_id",
            "there is no such producer",
            "没有这个生产主体",
        )
    })?;
    if let Some(id) = wanted.product_id {
        let found = product::find(transaction, id).await?;
        if found.is_none_or(|row| row.producer_id != producer_id) {
            let (en, zh) = ("the producer has no such product", "该主体没有这个产品");
            return Err(Problem::invalid("product_id", en, zh));
        }
    }
    Ok(())
}

/// What was not changed: it says the same already, or it is not to be changed any more.
fn resent(kept: &Credential, wanted: &Wanted) -> Answer<Credential> {
    let is_next = wanted.base.is_none_or(|base| kept.version == base + 1);
    if wanted.says(kept) && is_next {
        return Ok(kept.clone());
    }
    if wanted.base.is_none() {
        return Err(request_used());
    }
    let yours = json!({ "version": wanted.base, "kind": wanted.kind, "number": wanted.number,
        "issuer": wanted.issuer, "valid_from": iso(wanted.valid_from),
        "valid_to": iso(wanted.valid_to) });
    Err(Problem {
        versions: Some(Box::new([version(kept), yours])),
        ..Problem::told(
            Kind::EditConflict,
            "it was changed or approved since; file a new one for a new certificate",
            "该证书已被修改或已核对，换证请另行提交",
        )
    })
}

fn version(kept: &Credential) -> Value {
    json!({ "version": kept.version, "state": kept.state, "kind": kept.kind,
        "number": kept.number, "issuer": kept.issuer, "valid_from": iso(kept.valid_from),
        "valid_to": iso(kept.valid_to) })
}

/// What is decided of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is what its scan says: everybody sees it.
    Approve,
    /// It is not.
    Return,
    /// It counts no more.
    Withdraw,
}

impl Decision {
    /// The state after it, and whether it can be taken from this one.
    fn after(self, state: &str) -> Option<&'static str> {
        match (self, state) {
            (Self::Approve, "submitted") => Some("approved"),
            (Self::Return, "submitted") => Some("returned"),
            (Self::Withdraw, "submitted" | "returned" | "approved") => Some("withdrawn"),
            _ => None,
        }
    }

    const fn goal(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Return => "returned",
            Self::Withdraw => "withdrawn",
        }
    }
}

/// Approves, returns or withdraws a credential of the version that was seen.
pub(crate) async fn decide(
    state: &AppState,
    account: &Account,
    (id, base): (Uuid, i32),
    (decision, reason): (Decision, &str),
) -> Answer<Credential> {
    if decision != Decision::Approve || !reason.is_empty() {
        plausible::text("reason", reason, REASON_CHARS_MAX)?;
    }
    let mut transaction = super::begin(state, account).await?;
    credential::lock(&mut transaction, id).await?;
    let kept = see(&mut transaction, account, id).await?;
    // The same decision sent again finds its own work.
    if kept.version == base + 1 && kept.state == decision.goal() && kept.reason == reason.trim() {
        return Ok(kept);
    }
    if kept.version != base {
        return Err(Problem {
            versions: Some(Box::new([version(&kept), json!({ "version": base })])),
            ..Problem::of(Kind::EditConflict)
        });
    }
    let to = decision.after(&kept.state).ok_or_else(|| {
        let en = format!(
            "a credential that is {} cannot be {}",
            kept.state,
            decision.goal()
        );
        Problem::told(Kind::IllegalStep, en, "该证书当前状态不能办理")
    })?;
    let line = (to, reason.trim());
    credential::set_state(&mut transaction, (id, base), line, state.now()).await?;
    let told = match decision {
        Decision::Approve => ("credential_approved", "已核对", "was approved"),
        Decision::Return => ("credential_returned", "被退回", "was returned"),
        Decision::Withdraw => ("credential_withdrawn", "已撤下", "was withdrawn"),
    };
    tell(&mut transaction, state, &kept, told).await?;
    let kept = see(&mut transaction, account, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(kept)
}

/// What waits is told to supervisors, what became of it to its producer.
async fn tell(
    transaction: &mut Transaction,
    state: &AppState,
    of: &Credential,
    (kind, zh, en): (&'static str, &str, &str),
) -> Answer<()> {
    let text_zh = format!("{}的{} {} {zh}", of.producer, name(&of.kind), of.number);
    let text_en = format!(
        "{} {} of producer {} {en}",
        of.kind, of.number, of.producer_id
    );
    let now = state.now();
    if kind == "credential_submitted"
        || kind == "credential_expiring"
        || kind == "credential_expired"
    {
        let new = NewMessage {
            to_role: Role::Supervisor.code(),
            kind,
            lot_id: None,
            text_zh: &text_zh,
            text_en: &text_en,
        };
        message::insert(transaction, &new, now).await?;
    }
    if kind != "credential_submitted" {
        let told = (kind, text_zh.as_str(), text_en.as_str());
        message::insert_to_producer(transaction, of.producer_id, told, now).await?;
    }
    Ok(())
}

/// A kind as a person reads it.
pub(crate) fn name(kind: &str) -> &'static str {
    match kind {
        "sc" => "食品生产许可证（SC）",
        "green" => "绿色食品证书",
        "organic" => "有机产品认证证书",
        "origin" => "农产品地理标志登记证书",
        _ => "质量管理体系认证证书",
    }
}

/// Tells holders and supervisors of what ends soon and of what has ended, each once; returns how
/// many were told of.
pub(crate) async fn remind(state: &AppState) -> Answer<usize> {
    let now = state.now();
    let today = plausible::today(now);
    let until = today.saturating_add(Duration::days(i64::from(state.setup().remind_days)));
    let mut transaction = state.store().begin().await?;
    let due = credential::take_due(&mut transaction, (today, until), now).await?;
    for id in &due {
        let filter = Filter {
            id: Some(*id),
            ..Filter::default()
        };
        let Some(of) = credential::list(&mut transaction, &filter, 1).await?.pop() else {
            continue;
        };
        let day = iso(of.valid_to);
        let (zh, en) = if of.valid_to < today {
            (format!("已于 {day} 到期"), format!("expired on {day}"))
        } else {
            (
                format!("将于 {day} 到期，请及时换证"),
                format!("expires on {day}"),
            )
        };
        let kind = if of.valid_to < today {
            "credential_expired"
        } else {
            "credential_expiring"
        };
        tell(&mut transaction, state, &of, (kind, &zh, &en)).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(due.len())
}
