//! Profiles of probes: made, and given another version. A version never changes, because reports
//! have been written with it.

use store::account::Account;
use store::profile::{self, Profile, ProfileChannel};
use store::{AnyConnection, StoreError};

use crate::act;
use crate::problem::{Answer, Kind, Problem};
use crate::rule;
use crate::state::AppState;

/// Most characters of a profile's name.
const NAME_CHARS_MAX: usize = 100;

/// Makes a profile; says whether it is new. The same one again changes nothing.
pub(crate) async fn make(
    state: &AppState,
    by: &Account,
    name: &str,
    (interval_seconds, channels): (i32, &[ProfileChannel]),
) -> Answer<(bool, Profile)> {
    let name = name.trim();
    rule::plausible::text("name", name, NAME_CHARS_MAX)?;
    if name.contains('/') {
        return Err(Problem::invalid(
            "name",
            "a slash is not allowed",
            "名称不能含斜杠",
        ));
    }
    check(interval_seconds, channels)?;
    let mut transaction = act::begin(state, by).await?;
    if let Some(known) = profile::find_newest(&mut transaction, name).await? {
        if known.says_the_same(interval_seconds, channels) {
            return Ok((false, known));
        }
        let field = Some("name");
        let en = "there is a profile of this name; give it another version";
        let told = Problem::told(Kind::Conflict, en, "已有同名型号，请新增版本");
        return Err(Problem { field, ..told });
    }
    let now = Some(state.now());
    let id = profile::insert(&mut transaction, name, interval_seconds, channels, now).await?;
    let made = find(&mut transaction, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok((true, made))
}

/// Makes the next version of a profile, named by the number of any of them; says whether it is new.
/// `base` is the newest version that the asker saw, where they saw one.
pub(crate) async fn add_version(
    state: &AppState,
    by: &Account,
    (id, base): (i32, Option<i32>),
    (interval_seconds, channels): (i32, &[ProfileChannel]),
) -> Answer<(bool, Profile)> {
    check(interval_seconds, channels)?;
    let mut transaction = act::begin(state, by).await?;
    let name = find(&mut transaction, id).await?.name;
    let newest = profile::find_newest(&mut transaction, &name).await?;
    let newest = newest.ok_or_else(|| Problem::of(Kind::NotFound))?;
    if newest.says_the_same(interval_seconds, channels) {
        return Ok((false, newest));
    }
    if base.is_some_and(|base| base != newest.version) {
        let en = "somebody else has made another version since; look at it first";
        let zh = "打开本页后已有人新增版本，请先查看";
        return Err(Problem::told(Kind::EditConflict, en, zh));
    }
    let now = Some(state.now());
    let id = profile::insert(&mut transaction, &name, interval_seconds, channels, now).await?;
    let made = find(&mut transaction, id).await?;
    refuse_a_break(&made, &newest, "channels")?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok((true, made))
}

/// Checks interval and channels.
pub(crate) fn check(interval_seconds: i32, channels: &[ProfileChannel]) -> Answer<()> {
    rule::profile::interval(interval_seconds)?;
    rule::profile::channels(channels)
}

/// One version by its number.
pub(crate) async fn find(connection: &mut AnyConnection, id: i32) -> Answer<Profile> {
    let nothing = || Problem::told(Kind::NotFound, "there is no such profile", "没有这个型号");
    profile::find(connection, id).await?.ok_or_else(nothing)
}

/// Refuses a profile that gives another meaning to slots that reports have been written with.
pub(crate) fn refuse_a_break(after: &Profile, before: &Profile, field: &'static str) -> Answer<()> {
    let Some(channel) = after.breaks(before) else {
        return Ok(());
    };
    let en = format!(
        "the channel {channel} must stay in its place with its name, quantity, unit and depth; \
         another kind of probe is another probe"
    );
    let zh = format!("通道 {channel} 的位置、名称、单位和深度不能改变");
    Err(Problem::invalid(field, en, zh))
}
