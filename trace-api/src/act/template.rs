//! Templates of labels: kept after they were checked, and a sample of what is printed on them.

use label_printer::{Field, Label};

use super::label::{link, unusable};
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// A restricted-circulation number that is nobody's: what samples are labels of.
const SAMPLE_GTIN: &str = "02000000000008";
/// Texts of a sample.
const SAMPLE: [(Field, &str); 7] = [
    (Field::Product, "永顺莓茶 特级"),
    (Field::Producer, "示范莓茶专业合作社"),
    (Field::Origin, "永顺县毛坝乡"),
    (Field::Weight, "250 g"),
    (Field::Harvested, "2026-11-20"),
    (Field::Lot, "20261120-01"),
    (Field::Code, "9012 3456 7893"),
];
/// Most bytes of a template's text.
const TEXT_BYTES_MAX: usize = 20_000;

/// A label that is nobody's.
pub(crate) fn sample(state: &AppState) -> Answer<Label> {
    let link = link(state, SAMPLE_GTIN, Some("20261120-01"), None)?;
    let add = |label: Label, (field, text): &(Field, &str)| label.with(*field, text);
    Ok(SAMPLE.iter().fold(Label::new(link), add))
}

/// Keeps a template's text as a file of the operator's folder, if it is one and can be drawn.
pub(crate) async fn keep(state: &AppState, name: String, text: String) -> Answer<()> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Problem::of(Kind::TooLarge));
    }
    let shelf = state.templates().clone();
    let kept = tokio::task::spawn_blocking(move || shelf.keep(&name, &text));
    let kept = kept.await.map_err(Problem::internal)?;
    kept.map_err(|error| unusable(&error))
}
