//! `/lab/limits`: methods and residue limits to be read, and the import of a table of limits.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use store::test_method::{self, Method};

use super::rows::with_unit;
use crate::act;
use crate::act::lot::iso;
use crate::caller::Caller;
use crate::extract::{Asked, FormBody};
use crate::page::lab::limits::{Import, LimitRow, LimitsView, MethodRow, page};
use crate::problem::Answer;
use crate::rule::{limit_table, plausible};
use crate::state::AppState;
use crate::web::Here;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    substance: String,
    food: String,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    table: String,
    step: String,
}

/// Shows methods and limits.
pub(super) async fn show(
    State(state): State<AppState>,
    here: Here,
    Asked(query): Asked<Query>,
) -> Answer<Response> {
    let view = view(&state, query).await?;
    here.answer(page(&here.site, &view))
}

/// Looks at a table of limits, or takes it: whole, or not at all.
pub(super) async fn import(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(form): FormBody<Table>,
) -> Answer<Response> {
    let import = match limit_table::parse(&form.table.replace('\0', "")) {
        Ok(limits) => {
            let taken = form.step == "enter";
            if taken {
                act::test::take_limits(&state, &caller.account, &limits).await?;
            }
            Import {
                rows: limits.len(),
                taken,
                mistakes: Vec::new(),
            }
        }
        Err(mistakes) => Import {
            mistakes: mistakes
                .into_iter()
                .map(|mistake| (mistake.line as usize, mistake.text))
                .collect(),
            ..Import::default()
        },
    };
    let mut view = view(&state, Query::default()).await?;
    if !import.taken {
        view.table = form.table;
    }
    view.import = Some(import);
    here.answer(page(&here.site, &view))
}

async fn view(state: &AppState, query: Query) -> Answer<LimitsView> {
    let today = plausible::today(state.now());
    let named = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let (substance, food) = (named(&query.substance), named(&query.food));
    let foods = food.map(|food| vec![food]);
    let mut connection = state.store().acquire().await?;
    let methods = test_method::list(&mut connection).await?;
    let limits = test_method::list_limits(
        &mut connection,
        substance.as_deref(),
        foods.as_deref(),
        today,
    )
    .await?;
    let mut seen: Vec<(String, String)> = Vec::new();
    let method = |method: Method| {
        let name = (method.code.clone(), method.item.clone());
        // The first of a method that has begun is the one in force: newest stands first.
        let in_force = method.valid_from <= today && !seen.contains(&name);
        if in_force {
            seen.push(name);
        }
        let number = |number: f32| with_unit(&number.to_string(), &method.unit);
        MethodRow {
            limit: number(method.limit),
            quantification: method.quantification.map(number),
            crops: method.false_positives.join("、"),
            since: iso(method.valid_from),
            in_force,
            code: method.code,
            item: method.item,
            principle: method.principle,
            source: method.source,
        }
    };
    let limit = |row: test_method::ResidueLimit| LimitRow {
        limit: with_unit(&row.limit_mg_kg.to_string(), "mg/kg"),
        since: iso(row.valid_from),
        substance: row.substance,
        food: row.food,
        edition: row.edition,
    };
    Ok(LimitsView {
        methods: methods.into_iter().map(method).collect(),
        limits: limits.into_iter().map(limit).collect(),
        substance: query.substance,
        food: query.food,
        ..LimitsView::default()
    })
}
