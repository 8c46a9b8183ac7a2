//! What can be tested for: the methods that are in force, and substances of the limit table.

use std::collections::BTreeSet;

use store::AnyConnection;
use store::test_method::{self, Method};
use time::Date;

use crate::page::Words;
use crate::page::lab::TestKind;
use crate::problem::Answer;

/// Most substances of the limit table on offer; a rarer one comes by the API or by a block.
const SUBSTANCES_MAX: usize = 200;
/// What the inhibition test looks for, where its edition does not say.
const INHIBITION: (&str, &str) = (
    "有机磷和氨基甲酸酯类农药残留（抑制率）",
    "Organophosphorus and carbamate pesticides (inhibition)",
);
/// The words that follow its standard.
const INHIBITION_METHOD: &str = "酶抑制法";

/// The editions that judge what is sampled on a day, one a method and item.
async fn in_force(connection: &mut AnyConnection, today: Date) -> Answer<Vec<Method>> {
    let mut methods = test_method::list(connection).await?;
    methods.retain(|method| method.valid_from <= today);
    // Newest first within a method.
    methods.dedup_by(|later, earlier| later.code == earlier.code && later.item == earlier.item);
    Ok(methods)
}

/// The kinds on offer; the quick test comes first, for it is the daily work.
pub(super) async fn list(connection: &mut AnyConnection, today: Date) -> Answer<Vec<TestKind>> {
    let mut methods = in_force(connection, today).await?;
    methods.sort_by_key(|method| method.principle != "inhibition");
    let mut kinds: Vec<_> = methods.into_iter().map(of_method).collect();
    let limits = test_method::list_limits(connection, None, None, today).await?;
    let substances: BTreeSet<_> = limits.into_iter().map(|limit| limit.substance).collect();
    kinds.extend(substances.into_iter().take(SUBSTANCES_MAX).map(|item| {
        TestKind {
            label: item.as_str().into(),
            item,
            method: String::new(),
            unit: "mg/kg".to_owned(),
            // The product decides it.
            limit: String::new(),
            limit_source: Words::default(),
        }
    }));
    Ok(kinds)
}

fn of_method(method: Method) -> TestKind {
    let is_inhibition = method.principle == "inhibition";
    let (item, label, words) = match (method.item.as_str(), is_inhibition) {
        ("", true) => (
            INHIBITION.0.to_owned(),
            Words::both(INHIBITION.0, INHIBITION.1),
            format!("{} {INHIBITION_METHOD}", method.code),
        ),
        ("", false) => (
            method.code.clone(),
            method.code.as_str().into(),
            method.code.clone(),
        ),
        (item, _) => (item.to_owned(), item.into(), method.code.clone()),
    };
    TestKind {
        item,
        label,
        method: words,
        unit: method.unit,
        limit: method.limit.to_string(),
        limit_source: method.source.into(),
    }
}

/// Crops whose own juices hinder the enzyme, by the editions that are in force.
pub(super) async fn false_positives(
    connection: &mut AnyConnection,
    today: Date,
) -> Answer<Vec<String>> {
    let methods = in_force(connection, today).await?;
    let quick = methods
        .into_iter()
        .filter(|method| method.principle == "inhibition");
    Ok(quick.flat_map(|method| method.false_positives).collect())
}
