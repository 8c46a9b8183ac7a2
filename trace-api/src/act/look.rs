//! Looking before entering: which lot a sample is of, what judges it, and what the verdict would
//! be. Nothing is written. The desk asks while a value is typed; entering judges again.

use model::gs1::DigitalLink;
use store::account::Role;
use store::lot::{self as lots, Filter, Lot};
use store::test_method::{self, Method};
use store::test_result::{self, TestResult};
use store::{AnyConnection, account, lot_step};
use time::{Date, OffsetDateTime};

use super::judge::{self, Judged, judge};
use super::test::{Entered, sampled_on};
use crate::problem::{Answer, Problem};
use crate::rule::doubt::{Doubt, doubts};
use crate::rule::quick_test::Outcome;
use crate::state::AppState;

/// Most results of a lot that are looked through.
const RESULTS_MAX: i64 = 500;
/// Most people that are named.
const NAMES_MAX: usize = 3;

/// A sample that was found.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// What results are entered under: the lab's code, or the lot's.
    pub(crate) code: String,
    /// Which lot.
    pub(crate) lot: Lot,
}

/// What judges a sample.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Measure {
    /// Unit of value and limit.
    pub(crate) unit: String,
    /// The limit.
    pub(crate) limit: Option<f32>,
    /// Where it is from, with its edition.
    pub(crate) source: String,
    /// The edition's first day.
    pub(crate) since: Option<Date>,
    /// The result is the lines of a card.
    pub(crate) is_card: bool,
    /// The product is known for false positives of this method.
    pub(crate) is_false_positive_crop: bool,
}

/// What is known of a sample before a value.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The day whose edition judges.
    pub(crate) sampled_on: Date,
    /// What judges it.
    pub(crate) measure: Measure,
    /// The newest valid result of the same sample and item.
    pub(crate) earlier: Option<TestResult>,
}

/// What would come of a result.
#[derive(Debug, Clone)]
pub(crate) struct Foreseen {
    /// The verdict.
    pub(crate) judged: Judged,
    /// What is to be asked first.
    pub(crate) doubts: Vec<Doubt>,
}

impl Foreseen {
    /// Whether a person is to say yes first: to a failure, because it stops the lot, and to a
    /// value that is more often a slip.
    pub(crate) fn asks(&self) -> bool {
        self.judged.outcome == Outcome::Fail || !self.doubts.is_empty()
    }
}

/// Finds the lot of a sample: by the lab's code, by the lot's, by that and the lot's number
/// (`20261101-01#12`) where several have it, or by a scanned label.
pub(crate) async fn find_sample(connection: &mut AnyConnection, typed: &str) -> Answer<Sample> {
    let unknown = || {
        let en = "no sample and no lot has this code";
        Problem::invalid("sample", en, "没有此编号的样品或批次")
    };
    let typed = typed.trim().replace('\0', "");
    if typed.is_empty() {
        return Err(unknown());
    }
    if let Some(id) = lot_step::find_sample(connection, &typed).await? {
        let lot = lots::find(connection, id).await?.ok_or_else(unknown)?;
        return Ok(Sample { code: typed, lot });
    }
    let found = lots::list(connection, &by_code(&typed).ok_or_else(unknown)?, 3).await?;
    match <[Lot; 1]>::try_from(found) {
        Ok([lot]) => Ok(Sample {
            code: lot.code.clone(),
            lot,
        }),
        Err(none) if none.is_empty() => Err(unknown()),
        Err(_) => {
            let en = "several lots have this code; take the sample from the list";
            let zh = "有多个批次使用此批次号，请从列表中选取样品";
            Err(Problem::invalid("sample", en, zh))
        }
    }
}

/// What is asked of the lots for a code, a code with a number, or a label.
fn by_code(typed: &str) -> Option<Filter> {
    let scanned = typed
        .find("/01/")
        .and_then(|at| DigitalLink::parse(&typed[at..]).ok());
    if let Some(link) = scanned {
        return Some(Filter {
            gtin: Some(link.gtin.to_string()),
            code: Some(link.lot?.to_string()),
            ..Filter::default()
        });
    }
    let (code, id) = match typed.rsplit_once('#') {
        Some((code, number)) => (code, Some(number.parse().ok()?)),
        None => (typed, None),
    };
    Some(Filter {
        id,
        code: Some(code.to_owned()),
        ..Filter::default()
    })
}

/// What is known of a sample before a value is typed.
pub(crate) async fn know(
    connection: &mut AnyConnection,
    sample: &Sample,
    entered: &Entered,
    now: OffsetDateTime,
) -> Answer<Known> {
    let sampled_on = sampled_on(connection, &sample.lot, entered, now).await?;
    let (method, item) = (entered.method.trim(), entered.item.trim());
    let measure = match test_method::find(connection, method, item, sampled_on).await? {
        Some(edition) => by_edition(edition, &sample.lot),
        None => by_residue_limit(connection, &sample.lot, (item, sampled_on)).await?,
    };
    let results = test_result::list(connection, Some(sample.lot.id), RESULTS_MAX).await?;
    let earlier = results.into_iter().find(|row| {
        let same = row.sample_code == sample.code && row.item == item;
        same && !row.invalid && row.corrected_by.is_none()
    });
    Ok(Known {
        sampled_on,
        measure,
        earlier,
    })
}

fn by_edition(edition: Method, lot: &Lot) -> Measure {
    let knows = |crop: &String| lot.product.contains(crop.as_str());
    Measure {
        is_card: edition.principle == "colloidal_gold",
        is_false_positive_crop: edition.principle == "inhibition"
            && edition.false_positives.iter().any(knows),
        unit: edition.unit,
        limit: Some(edition.limit),
        source: edition.source,
        since: Some(edition.valid_from),
    }
}

async fn by_residue_limit(
    connection: &mut AnyConnection,
    lot: &Lot,
    asked: (&str, Date),
) -> Answer<Measure> {
    let found = judge::residue_limit(connection, lot, asked).await?;
    Ok(found.map_or_else(Measure::default, |limit| Measure {
        unit: "mg/kg".to_owned(),
        limit: Some(limit.limit_mg_kg),
        source: judge::source(&limit),
        since: Some(limit.valid_from),
        ..Measure::default()
    }))
}

/// What would come of a result; refused where entering it would be.
pub(crate) async fn foresee(
    state: &AppState,
    connection: &mut AnyConnection,
    lot: &Lot,
    entered: &Entered,
) -> Answer<Foreseen> {
    let now = state.now();
    entered.check(now)?;
    let sampled_on = sampled_on(connection, lot, entered, now).await?;
    let judged = judge(connection, lot, entered, sampled_on).await?;
    let reading = entered.reading.filter(|_| entered.lines.is_none());
    let doubts = reading.map(|reading| doubts(reading, judged.limit, judged.quantification));
    Ok(Foreseen {
        doubts: doubts.unwrap_or_default(),
        judged,
    })
}

/// The names of those who are told of a failure, and how many more there are.
pub(crate) async fn told(connection: &mut AnyConnection) -> Answer<(Vec<String>, usize)> {
    let rows = account::list_with_state(connection).await?;
    let mut names: Vec<_> = rows
        .into_iter()
        .filter(|(account, disabled)| !disabled && account.role == Role::Supervisor)
        .map(|(account, _)| account.display_name)
        .collect();
    let more = names.len().saturating_sub(NAMES_MAX);
    names.truncate(NAMES_MAX);
    Ok((names, more))
}
