//! `/producer/records`: 农事, what was done on plots: the list, the page that writes a record down
//! (in a field without a connection, too), and its correction. Nobody overwrites anybody: a
//! correction names the version that it saw.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use model::lot::LotState;
use serde::Deserialize;
use store::document;
use store::farm_record::{self, Deed, FarmRecord, Filter};
use store::lot::{self, Lot};
use store::{AnyConnection, plot};
use time::Date;
use uuid::Uuid;

use super::{address, decimal, given, plot_choice};
use crate::act;
use crate::act::farm::{self, Wanted};
use crate::act::lot::{iso, parse_day};
use crate::caller::Caller;
use crate::extract::{Asked, FormBody, Named};
use crate::page::producer::Choice;
use crate::page::producer::records::{
    Draft, EntryView, LotChoice, RecordRow, RecordsView, entry as entry_page, list as list_page,
};
use crate::page::quantity::short;
use crate::problem::{Answer, Problem};
use crate::rule::plausible;
use crate::state::{AppState, timestamp};
use crate::web::words::words;
use crate::web::{Here, see_other, worker};

mod version;

/// Records on a page of the list.
const PAGE: i64 = 50;
/// Most lots of each state that are on offer.
const LOTS_MAX: i64 = 100;

/// The routes of records.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/producer/records", get(list).post(create))
        .route("/producer/records/new", get(fresh))
        .route("/producer/records/worker.js", get(worker_script))
        .route("/producer/records/{record}", get(show).post(change))
}

/// The worker that serves the entry page without a connection; it may serve records only.
async fn worker_script() -> Answer<Response> {
    worker("field-worker.js", "/producer/records")
}

/// Which records are wanted.
#[derive(Debug, Default, Deserialize)]
struct Question {
    #[serde(default)]
    plot: String,
    #[serde(default)]
    kind: String,
    lot: Option<i64>,
    after: Option<Uuid>,
}

/// What a new record is of.
#[derive(Debug, Default, Deserialize)]
struct Of {
    #[serde(default)]
    plot: String,
    lot: Option<i64>,
}

/// The form of a record; its members are those of the API.
#[derive(Debug, Deserialize)]
struct Form {
    id: Uuid,
    #[serde(default)]
    base_version: String,
    plot_id: String,
    #[serde(default)]
    lot_id: String,
    kind: String,
    done_on: String,
    #[serde(default)]
    input_id: String,
    #[serde(default)]
    dose: String,
    #[serde(default)]
    area_mu: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    voided: String,
}

async fn list(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let of_lot = match question.lot {
        Some(id) => Some(act::find_lot(&mut connection, &caller.account, id).await?),
        None => None,
    };
    let producer_id = caller.scope().producer();
    let chosen = given(&question.plot).and_then(|plot| plot.parse().ok());
    let filter = Filter {
        producer_id,
        plot_id: of_lot.as_ref().map(|lot| lot.plot_id).or(chosen),
        lot_id: of_lot.as_ref().map(|lot| lot.id),
        days: of_lot.as_ref().map(growing_days),
        kind: given(&question.kind).map(str::to_owned),
        after: question.after,
        ..Filter::default()
    };
    let rows = farm_record::list(&mut connection, &filter, PAGE).await?;
    let last = rows.last().filter(|_| rows.len() as i64 == PAGE);
    let next = last.map(|row| list_href(&question, row.id));
    let plots = plot::list(&mut connection, producer_id).await?;
    let view = RecordsView {
        records: record_rows(&mut connection, rows, &plots).await?,
        plots: plots.iter().map(plot_choice).collect(),
        plot: question.plot,
        kind: question.kind,
        next,
        entry_href: of_lot.as_ref().map_or_else(
            || "/producer/records/new".to_owned(),
            |lot| format!("/producer/records/new?lot={}", lot.id),
        ),
        lot: of_lot.map(|lot| (lot.id, lot.code)),
        account: caller.account.id,
    };
    here.answer(list_page(&here.site, &view))
}

/// The days in which what was done on a plot was done for a lot.
fn growing_days(lot: &Lot) -> (Date, Date) {
    let last = time::macros::date!(9999 - 12 - 31);
    (lot.started_on, lot.harvested_on.unwrap_or(last))
}

fn list_href(question: &Question, after: Uuid) -> String {
    let lot = question.lot.map(|id| id.to_string()).unwrap_or_default();
    let pairs = [
        ("plot", question.plot.as_str()),
        ("kind", &question.kind),
        ("lot", &lot),
        ("after", &after.to_string()),
    ];
    address("/producer/records", &pairs)
}

async fn record_rows(
    connection: &mut AnyConnection,
    rows: Vec<FarmRecord>,
    plots: &[plot::Plot],
) -> Answer<Vec<RecordRow>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let pictures = document::list_record_pictures(connection, &ids).await?;
    let lots: Vec<i64> = rows.iter().filter_map(|row| row.deed.lot_id).collect();
    let lots = lot::list_of(connection, &lots).await?;
    let row = |row: FarmRecord| {
        let deed = row.deed;
        let plot = plots.iter().find(|plot| plot.id == deed.plot_id);
        let of_lot = lots.iter().find(|lot| Some(lot.id) == deed.lot_id);
        RecordRow {
            href: format!("/producer/records/{}", row.id),
            kind: deed.kind,
            done_on: iso(deed.done_on),
            plot: plot
                .map(|plot| words(&plot.name, &plot.name_en))
                .unwrap_or_default(),
            lot: of_lot.map(|lot| lot.code.clone()),
            dose: deed
                .dose
                .map(|dose| format!("{} {}", short(dose), deed.dose_unit)),
            area: deed.area_mu.map(|area| format!("{} 亩", short(area))),
            interval_days: deed.interval_days,
            target: deed.target,
            person: deed.person,
            voided: deed.voided,
            pictures: pictures
                .iter()
                .filter(|one| one.record_id == row.id)
                .count(),
            input: row.input,
        }
    };
    Ok(rows.into_iter().map(row).collect())
}

async fn fresh(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Asked(of): Asked<Of>,
) -> Answer<Response> {
    let mut draft = Draft {
        done_on: iso(plausible::today(state.now())),
        kind: "pesticide".to_owned(),
        plot: of.plot,
        ..Draft::default()
    };
    if let Some(id) = of.lot {
        let mut connection = state.store().acquire().await?;
        let lot = act::find_lot(&mut connection, &caller.account, id).await?;
        draft.plot = lot.plot_id.to_string();
        draft.lot = lot.id.to_string();
    }
    let view = EntryView {
        id: state.draw_uuid().to_string(),
        action: "/producer/records".to_owned(),
        ..view(&state, &caller, draft).await?
    };
    here.answer(entry_page(&here.site, &view))
}

async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<Uuid>,
) -> Answer<Response> {
    let view = kept(&state, &caller, id).await?;
    here.answer(entry_page(&here.site, &view))
}

/// The page of a record as it is kept.
async fn kept(state: &AppState, caller: &Caller, id: Uuid) -> Answer<EntryView> {
    let mut connection = state.store().acquire().await?;
    let record = farm::own_record(&mut connection, &caller.account, id).await?;
    let pictures = document::list_record_pictures(&mut connection, &[id]).await?;
    drop(connection);
    let path = |sha256: &dyn std::fmt::Display| format!("/api/v1/records/{id}/pictures/{sha256}");
    Ok(EntryView {
        id: id.to_string(),
        version: Some(record.version),
        updated: Some(timestamp(record.updated_at)),
        action: format!("/producer/records/{id}"),
        pictures: pictures.iter().map(|one| path(&one.sha256)).collect(),
        ..view(state, caller, draft_of(record.deed)).await?
    })
}

async fn create(
    state: State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    write(&state, &caller, here, form).await
}

async fn change(
    state: State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<Uuid>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    write(&state, &caller, here, Form { id, ..form }).await
}

/// Writes a record down or changes it, or says why not, with both versions where somebody was
/// faster.
async fn write(state: &AppState, caller: &Caller, here: Here, form: Form) -> Answer<Response> {
    let written = match form.wanted() {
        Ok(wanted) => farm::write(state, &caller.account, wanted).await,
        Err(problem) => Err(problem),
    };
    let Err(problem) = written else {
        return Ok(see_other("/producer/records", "record"));
    };
    let (here, problem) = here.with_refusal(problem)?;
    let is_new = form.base_version.is_empty() && problem.versions.is_none();
    let id = form.id;
    let base = if is_new {
        EntryView {
            id: id.to_string(),
            action: "/producer/records".to_owned(),
            ..view(state, caller, Draft::default()).await?
        }
    } else {
        // What is sent again after this is a change of what was just shown.
        kept(state, caller, id).await?
    };
    let versions = problem
        .versions
        .as_deref()
        .map(|both| version::both(here.site.lang, both, &base));
    let view = EntryView {
        draft: form.draft(),
        versions,
        ..base
    };
    here.refuse(&problem, entry_page(&here.site, &view))
}

impl Form {
    fn wanted(&self) -> Answer<Wanted> {
        let unknown =
            |field| move |_| Problem::invalid(field, "there is no such thing", "没有这一项");
        let amount = |field, text: &str| given(text).map(|text| decimal(field, text)).transpose();
        let lot = given(&self.lot_id).map(str::parse).transpose();
        let input = given(&self.input_id).map(str::parse).transpose();
        let base = given(&self.base_version).map(str::parse).transpose();
        Ok(Wanted {
            id: self.id,
            base: base
                .map_err(|_| Problem::invalid("base_version", "it is no number", "版本号有误"))?,
            deed: Deed {
                plot_id: self.plot_id.trim().parse().map_err(unknown("plot_id"))?,
                lot_id: lot.map_err(unknown("lot_id"))?,
                kind: self.kind.clone(),
                done_on: parse_day("done_on", &self.done_on)?,
                input_id: input
                    .map_err(|_| Problem::invalid("input_id", "it is no UUID", "没有该投入品"))?,
                dose: amount("dose", &self.dose)?,
                dose_unit: String::new(),
                area_mu: amount("area_mu", &self.area_mu)?,
                interval_days: None,
                target: self.target.trim().to_owned(),
                person: self.person.trim().to_owned(),
                note: self.note.trim().to_owned(),
                voided: self.voided == "true",
            },
        })
    }

    fn draft(self) -> Draft {
        Draft {
            plot: self.plot_id,
            lot: self.lot_id,
            kind: self.kind,
            done_on: self.done_on,
            input: self.input_id,
            dose: self.dose,
            area: self.area_mu,
            target: self.target,
            person: self.person,
            note: self.note,
            voided: self.voided == "true",
        }
    }
}

fn draft_of(deed: Deed) -> Draft {
    Draft {
        plot: deed.plot_id.to_string(),
        lot: deed.lot_id.map(|id| id.to_string()).unwrap_or_default(),
        kind: deed.kind,
        done_on: iso(deed.done_on),
        input: deed.input_id.map(|id| id.to_string()).unwrap_or_default(),
        dose: deed.dose.map(short).unwrap_or_default(),
        area: deed.area_mu.map(short).unwrap_or_default(),
        target: deed.target,
        person: deed.person,
        note: deed.note,
        voided: deed.voided,
    }
}

/// Everything that the form chooses from; id, action and version are the caller's.
async fn view(state: &AppState, caller: &Caller, draft: Draft) -> Answer<EntryView> {
    let producer_id = caller.scope().producer();
    let mut connection = state.store().acquire().await?;
    let plots = plot::list(&mut connection, producer_id).await?;
    let inputs = store::input::list(&mut connection, producer_id, None).await?;
    let mut lots = Vec::new();
    for at in [LotState::Growing, LotState::Harvested] {
        let filter = lot::Filter {
            producer_id,
            state: Some(at),
            ..lot::Filter::default()
        };
        lots.extend(lot::list(&mut connection, &filter, LOTS_MAX).await?);
    }
    // A record of an older lot keeps it.
    let own = given(&draft.lot).and_then(|id| id.parse::<i64>().ok());
    if let Some(own) = own.filter(|own| lots.iter().all(|lot| lot.id != *own)) {
        lots.extend(
            act::find_lot(&mut connection, &caller.account, own)
                .await
                .ok(),
        );
    }
    let plots: Vec<Choice> = plots.iter().map(plot_choice).collect();
    Ok(EntryView {
        account: caller.account.id,
        today: iso(plausible::today(state.now())),
        plots,
        lots: lots.iter().map(lot_choice).collect(),
        inputs: inputs.into_iter().map(version::input_choice).collect(),
        draft,
        ..EntryView::default()
    })
}

fn lot_choice(lot: &Lot) -> LotChoice {
    let zh = format!("{} {}", lot.code, lot.product);
    let en = format!("{} {}", lot.code, lot.product_en);
    LotChoice {
        value: lot.id.to_string(),
        plot: lot.plot_id.to_string(),
        label: words(&zh, &en),
    }
}
