//! `/supervisor/farms`: every farm of the county with how it does. A county has hundreds: all are
//! read, and what is searched for is found among them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use model::id::ProbeKey;
use serde::Deserialize;
use store::farm::{self, Farm};
use store::{AnyConnection, reading};
use time::{Duration, OffsetDateTime};

use super::encoded;
use crate::extract::Asked;
use crate::page::map::Township;
use crate::page::supervisor::farms::{FarmOrder, FarmRow, FarmState, FarmsView, page};
use crate::page::trace::County;
use crate::problem::Answer;
use crate::state::{AppState, timestamp};
use crate::web::digital_link::around::county;
use crate::web::words::words;
use crate::web::{Here, cameras};

/// Farms of one page.
const PAGE_MAX: usize = 50;
/// What is heard of less often than this is silent, unless its probes report less often.
const SILENT_AFTER: Duration = Duration::hours(1);
/// So many reports have to be missing.
const REPORTS_MISSING: i32 = 3;

/// The pages of farms.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/supervisor/farms", get(list))
        .route("/supervisor/farms/{id}", get(super::farm::show))
        .route(
            "/supervisor/probes/{gateway}/{probe}/readings.csv",
            get(super::readings::csv),
        )
}

/// Which farms are asked for.
#[derive(Debug, Default, Deserialize)]
struct Question {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    township: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: usize,
}

/// A farm with when it was last heard of.
pub(super) struct Heard {
    pub(super) farm: Farm,
    pub(super) last: Option<OffsetDateTime>,
}

/// Lists the farms.
async fn list(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let now = state.now();
    let mut connection = state.store().acquire().await?;
    let heard = read(&mut connection, None, now).await?;
    let cameras = cameras::cards(&mut connection, now).await?;
    drop(connection);
    let view = FarmsView {
        cameras,
        ..view(&heard, &question, &county(&state).await?, now)
    };
    here.answer(page(&here.site, &view))
}

/// Every farm, or that of one plot, with when it was last heard of.
pub(super) async fn read(
    connection: &mut AnyConnection,
    plot: Option<i64>,
    now: OffsetDateTime,
) -> Answer<Vec<Heard>> {
    let farms = farm::list(connection, plot, now).await?;
    let latest = reading::list_latest(connection, now).await?;
    let times: HashMap<ProbeKey, OffsetDateTime> = latest
        .into_iter()
        .map(|(probe, report)| (probe, report.time))
        .collect();
    let heard = farms.into_iter().map(|farm| Heard {
        last: farm
            .probes
            .iter()
            .filter_map(|key| times.get(key))
            .max()
            .copied(),
        farm,
    });
    Ok(heard.collect())
}

/// How many farms are silent.
pub(super) async fn count_silent(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
) -> Answer<usize> {
    let heard = read(connection, None, now).await?;
    let silent = heard
        .iter()
        .filter(|one| one.is_silent(now) && !one.farm.probes.is_empty());
    Ok(silent.count())
}

impl Heard {
    /// Whether reports that were to come did not.
    fn is_silent(&self, now: OffsetDateTime) -> bool {
        let every = self.farm.interval_seconds.unwrap_or_default();
        let patience = Duration::seconds(i64::from(every.saturating_mul(REPORTS_MISSING)));
        self.last
            .is_none_or(|last| now - last > patience.max(SILENT_AFTER))
    }

    pub(super) fn state(&self, now: OffsetDateTime) -> FarmState {
        if self.farm.alarms > 0 {
            FarmState::Alarm
        } else if self.farm.probes.is_empty() {
            FarmState::Bare
        } else if self.is_silent(now) {
            FarmState::Silent
        } else {
            FarmState::Fine
        }
    }

    pub(super) fn row(&self, now: OffsetDateTime) -> FarmRow {
        let farm = &self.farm;
        FarmRow {
            href: format!("/supervisor/farms/{}", farm.plot_id),
            name: words(&farm.name, &farm.name_en),
            producer: words(&farm.producer, &farm.producer_en),
            township: farm.township.clone(),
            state: self.state(now),
            probes: farm.probes.len(),
            last: self.last.map(timestamp),
            alarms: farm.alarms,
        }
    }

    /// Whether its names have these words in them.
    fn is_named(&self, words: &str) -> bool {
        let farm = &self.farm;
        let names = [
            &farm.name,
            &farm.name_en,
            &farm.producer,
            &farm.producer_en,
            &farm.township,
        ];
        names.iter().any(|name| name.to_lowercase().contains(words))
    }
}

fn view(heard: &[Heard], question: &Question, county: &County, now: OffsetDateTime) -> FarmsView {
    let state = FarmState::from_code(&question.state);
    let order = FarmOrder::from_code(&question.sort);
    let wanted = question.q.trim().to_lowercase();
    let mut found: Vec<&Heard> = heard
        .iter()
        .filter(|one| state.is_none_or(|state| one.state(now) == state))
        .filter(|one| question.township.is_empty() || one.farm.township == question.township)
        .filter(|one| wanted.is_empty() || one.is_named(&wanted))
        .collect();
    sort(&mut found, order, now);
    let first = question.page.saturating_mul(PAGE_MAX).min(found.len());
    let shown = &found[first..found.len().min(first + PAGE_MAX)];
    let href = |page: usize| {
        let (q, township) = (encoded(question.q.trim()), encoded(&question.township));
        let (state, sort) = (state.map(FarmState::code).unwrap_or_default(), order.code());
        format!("/supervisor/farms?q={q}&state={state}&township={township}&sort={sort}&page={page}")
    };
    let goes_on = first + shown.len() < found.len();
    FarmsView {
        farms: shown.iter().map(|one| one.row(now)).collect(),
        counts: FarmState::ALL
            .map(|state| heard.iter().filter(|one| one.state(now) == state).count()),
        state,
        words: question.q.trim().to_owned(),
        township: question.township.clone(),
        order,
        found: found.len(),
        before: (first > 0).then(|| href(question.page - 1)),
        next: goes_on.then(|| href(question.page + 1)),
        silent_townships: silent_townships(heard, now),
        county: with_alarms(county, heard),
        cameras: Vec::new(),
    }
}

fn sort(farms: &mut [&Heard], order: FarmOrder, now: OffsetDateTime) {
    match order {
        FarmOrder::State => {
            farms.sort_by_key(|one| (one.state(now), one.farm.worst_place(), one.last));
        }
        FarmOrder::Name => farms.sort_by(|a, b| a.farm.name.cmp(&b.farm.name)),
        // They come by township.
        FarmOrder::Township => {}
        FarmOrder::Last => farms.sort_by_key(|one| (one.farm.probes.is_empty(), one.last)),
    }
}

fn silent_townships(heard: &[Heard], now: OffsetDateTime) -> Vec<String> {
    let silent = heard
        .iter()
        .filter(|one| one.state(now) == FarmState::Silent);
    let names: HashSet<String> = silent.map(|one| one.farm.township.clone()).collect();
    names.into_iter().collect()
}

/// The county's townships with the alarms of this very list: the drawing may be minutes old.
fn with_alarms(county: &County, heard: &[Heard]) -> County {
    let townships = county.townships.iter().map(|township| Township {
        alarms: heard
            .iter()
            .filter(|one| one.farm.township == township.name)
            .map(|one| one.farm.alarms)
            .sum(),
        ..township.clone()
    });
    County {
        townships: townships.collect::<Arc<[Township]>>(),
        outline: county.outline.clone(),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

    fn heard(name: &str, minutes_ago: Option<i64>, alarms: i64) -> Heard {
        Heard {
            farm: Farm {
                plot_id: 1,
                name: name.to_owned(),
                name_en: String::new(),
                township: "毛坝乡".to_owned(),
                area_mu: 1.0,
                altitude_m: 600,
                producer_id: 1,
                producer: "合作社".to_owned(),
                producer_en: "Cooperative".to_owned(),
                contact: String::new(),
                probes: vec![ProbeKey(1)],
                interval_seconds: Some(600),
                alarms,
                worst: None,
            },
            last: minutes_ago.map(|minutes| NOW - Duration::minutes(minutes)),
        }
    }

    #[test]
    fn a_farm_is_silent_when_three_reports_and_an_hour_are_missing() {
        assert_eq!(heard("a", Some(59), 0).state(NOW), FarmState::Fine);
        assert_eq!(heard("a", Some(61), 0).state(NOW), FarmState::Silent);
        assert_eq!(heard("a", None, 0).state(NOW), FarmState::Silent);
        assert_eq!(heard("a", None, 1).state(NOW), FarmState::Alarm);
        let mut rare = heard("a", Some(170), 0);
        rare.farm.interval_seconds = Some(3_600);
        assert_eq!(rare.state(NOW), FarmState::Fine);
        rare.farm.probes.clear();
        assert_eq!(rare.state(NOW), FarmState::Bare);
    }

    #[test]
    fn the_list_is_searched_sorted_and_paged_and_counts_what_there_is() {
        let mut farms: Vec<_> = (0..60)
            .map(|n| heard(&format!("地块 {n:02}"), Some(5), 0))
            .collect();
        farms.push(heard("冷库", Some(300), 0));
        farms.push(heard("烟熏房", Some(5), 2));
        let ask = |q: &str, page| Question {
            q: q.to_owned(),
            page,
            ..Question::default()
        };
        let first = view(&farms, &ask("", 0), &County::default(), NOW);
        assert_eq!((first.farms.len(), first.found), (PAGE_MAX, 62));
        assert_eq!(first.counts, [1, 1, 60, 0]);
        assert_eq!(first.farms[0].name.zh, "烟熏房", "what calls comes first");
        assert_eq!(first.farms[1].name.zh, "冷库", "then what is silent");
        assert!(first.before.is_none() && first.next.is_some());
        let second = view(&farms, &ask("", 1), &County::default(), NOW);
        assert_eq!(second.farms.len(), 12);
        assert!(second.before.is_some() && second.next.is_none());
        let found = view(&farms, &ask("冷库", 0), &County::default(), NOW);
        assert_eq!(found.found, 1);
        let beyond = view(&farms, &ask("", usize::MAX), &County::default(), NOW);
        assert!(beyond.farms.is_empty());
    }
}
