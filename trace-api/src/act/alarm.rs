//! What a supervisor does about an alarm: take note, put it on the shelf for a while (ISA-18.2),
//! name who looks after it. The API and the desk do the same.

use store::account::{self, Account, Role};
use store::alarm::{self, Alarm, NewShelving};
use store::{StoreError, Transaction};
use time::Duration;

use crate::problem::{Answer, Kind, Problem};
use crate::rule::plausible;
use crate::state::AppState;

/// Most characters of a note.
const NOTE_CHARS_MAX: usize = 1_000;
/// Most characters of a reason.
const REASON_CHARS_MAX: usize = 500;
/// Longest time on the shelf: a shift. What should be away for longer is a matter of its rule.
pub(crate) const SHELF_MINUTES_MAX: u16 = 480;

/// Takes note of an alarm, and with `repeats` of the earlier ones of its rule that still wait. The
/// first to take note stays; doing it again changes nothing.
pub(crate) async fn acknowledge(
    state: &AppState,
    account: &Account,
    id: i64,
    (note, repeats): (&str, bool),
) -> Answer<Alarm> {
    let note = note.trim();
    if note.chars().count() > NOTE_CHARS_MAX || note.contains('\0') {
        let en = format!("at most {NOTE_CHARS_MAX} characters");
        return Err(Problem::invalid("note", en, "备注过长"));
    }
    let mut transaction = open(state, account, id).await?;
    let now = state.now();
    alarm::acknowledge(&mut transaction, id, account.id, note, now).await?;
    if repeats {
        alarm::acknowledge_repeats(&mut transaction, id, account.id, note, now).await?;
    }
    close(state, transaction, id).await
}

/// Puts an alarm on the shelf for so many minutes, with all that its rule raises until then.
pub(crate) async fn shelve(
    state: &AppState,
    account: &Account,
    id: i64,
    (minutes, reason): (u16, &str),
) -> Answer<Alarm> {
    if !(1..=SHELF_MINUTES_MAX).contains(&minutes) {
        let en = format!("1 to {SHELF_MINUTES_MAX} minutes");
        let zh = format!("须为 1 至 {SHELF_MINUTES_MAX} 分钟");
        return Err(Problem::invalid("minutes", en, zh));
    }
    plausible::text("reason", reason, REASON_CHARS_MAX)?;
    let mut transaction = open(state, account, id).await?;
    let now = state.now();
    let new = NewShelving {
        at: now,
        until: now + Duration::minutes(i64::from(minutes)),
        reason: reason.trim(),
        account_id: account.id,
    };
    alarm::shelve(&mut transaction, id, new).await?;
    close(state, transaction, id).await
}

/// Takes an alarm off the shelf before its time; one that is not there stays as it is.
pub(crate) async fn unshelve(state: &AppState, account: &Account, id: i64) -> Answer<Alarm> {
    let mut transaction = open(state, account, id).await?;
    alarm::unshelve(&mut transaction, id, (account.id, state.now())).await?;
    close(state, transaction, id).await
}

/// Names who looks after an alarm by their sign-in name; `None` takes the name away.
pub(crate) async fn assign(
    state: &AppState,
    account: &Account,
    id: i64,
    login: Option<&str>,
) -> Answer<Alarm> {
    let mut transaction = open(state, account, id).await?;
    let named = match login {
        Some(login) => {
            let there = list_assignable(&mut transaction).await?;
            let found = there.into_iter().find(|account| account.login == login);
            let nobody = || {
                let en = "name a supervisor's or an operator's account that is in use";
                Problem::invalid("account", en, "须为在用的监管或运维账号")
            };
            Some(found.ok_or_else(nobody)?.id)
        }
        None => None,
    };
    alarm::assign(&mut transaction, id, named, state.now()).await?;
    close(state, transaction, id).await
}

/// Who may look after alarms: those who may see them.
pub(crate) async fn list_assignable(connection: &mut store::AnyConnection) -> Answer<Vec<Account>> {
    let all = account::list_with_state(connection).await?;
    let fit = all.into_iter().filter(|(account, disabled)| {
        !disabled && matches!(account.role, Role::Supervisor | Role::Operator)
    });
    Ok(fit.map(|(account, _)| account).collect())
}

/// A signed transaction about an alarm that is there.
async fn open(state: &AppState, account: &Account, id: i64) -> Answer<Transaction> {
    let mut transaction = super::begin(state, account).await?;
    let found = alarm::find(&mut transaction, id, state.now()).await?;
    found.map(|_| transaction).ok_or_else(no_alarm)
}

async fn close(state: &AppState, mut transaction: Transaction, id: i64) -> Answer<Alarm> {
    let alarm = alarm::find(&mut transaction, id, state.now()).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    alarm.ok_or_else(no_alarm)
}

fn no_alarm() -> Problem {
    Problem::told(Kind::NotFound, "there is no such alarm", "没有这条告警")
}
