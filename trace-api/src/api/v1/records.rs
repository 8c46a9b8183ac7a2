//! `/api/v1/records`: 生产记录, what was done on plots; a producer's staff see and write their own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::AnyConnection;
use store::document::{self, RecordPicture};
use store::farm_record::{self, Deed, FarmRecord, Filter};
use time::{Date, OffsetDateTime};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Limit;
use crate::act;
use crate::act::lot::{iso, parse_day};
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

pub(crate) mod pictures;

/// A production record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Record {
    id: Uuid,
    /// From 1; an edit names the one that it saw.
    version: i32,
    /// Number of the plot.
    plot_id: i64,
    /// Number of the lot; null for everything on the plot.
    lot_id: Option<i64>,
    /// `sowing`, `irrigation`, `fertiliser`, `pesticide`, `feeding`, `medication` or `other`.
    kind: String,
    /// When.
    done_on: String,
    /// What was used.
    input_id: Option<Uuid>,
    /// Its name.
    input: String,
    /// Its registration number.
    registration: String,
    /// How much of it.
    dose: Option<f64>,
    /// In this unit.
    dose_unit: String,
    /// On how much land, mu.
    area_mu: Option<f64>,
    /// Days until a harvest, as on the label when it was used.
    interval_days: Option<i32>,
    /// Pest, disease or purpose.
    target: String,
    /// Who did it.
    person: String,
    /// More.
    note: String,
    /// Entered by mistake: kept, counts for nothing.
    voided: bool,
    /// When this version was written down.
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    /// Pictures of it, oldest first.
    pictures: Vec<pictures::Picture>,
}

/// A list of records.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Records {
    /// Newest first.
    records: Vec<Record>,
}

/// What was done. Unit and interval come from the input's label.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DeedBody {
    /// Number of the plot.
    plot_id: i64,
    /// Number of the lot; null or missing for everything on the plot.
    lot_id: Option<i64>,
    /// `sowing`, `irrigation`, `fertiliser`, `pesticide`, `feeding`, `medication` or `other`.
    #[schema(example = "irrigation")]
    kind: String,
    /// When, `YYYY-MM-DD`.
    #[schema(example = "2026-10-01")]
    done_on: String,
    /// What was used; a pesticide or drug has to be named.
    input_id: Option<Uuid>,
    /// How much of it, in the unit of its stock.
    dose: Option<f64>,
    /// On how much land, mu.
    area_mu: Option<f64>,
    /// Pest, disease or purpose.
    #[serde(default)]
    target: String,
    /// Who did it; has to be said of pesticides and drugs. Never shown in public.
    #[serde(default)]
    person: String,
    /// More.
    #[serde(default)]
    note: String,
    /// Entered by mistake: kept, counts for nothing.
    #[serde(default)]
    voided: bool,
}

/// A record to write down.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewRecord {
    /// Made by the client: sent again, it writes nothing more and gets the same answer.
    id: Uuid,
    #[serde(flatten)]
    deed: DeedBody,
}

/// A record to change.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Edit {
    /// The version that the client saw.
    #[schema(example = 1)]
    base_version: i32,
    #[serde(flatten)]
    deed: DeedBody,
}

/// Which records are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only on the plot of this number.
    plot: Option<i64>,
    /// Only what was done for this lot or for its whole plot; say the plot too.
    lot: Option<i64>,
    /// Only from this day on, `YYYY-MM-DD`.
    from: Option<String>,
    /// Only until this day.
    to: Option<String>,
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// Lists production records, newest first.
#[utoipa::path(
    get, path = "/api/v1/records", tag = "records", security(("token" = [])),
    params(Question), responses((status = 200, body = Records))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
) -> Answer<Json<Records>> {
    let day = |field, text: Option<&str>| text.map(|text| parse_day(field, text)).transpose();
    let from = day("from", question.from.as_deref())?;
    let to = day("to", question.to.as_deref())?;
    let days = (from.is_some() || to.is_some())
        .then(|| (from.unwrap_or(Date::MIN), to.unwrap_or(LAST_DAY)));
    let filter = Filter {
        id: None,
        producer_id: caller.scope().producer(),
        plot_id: question.plot,
        days: days.map(|(from, to)| (from.max(FIRST_DAY), to.min(LAST_DAY))),
        lot_id: question.lot,
        ..Filter::default()
    };
    let mut connection = state.store().acquire().await?;
    let rows = farm_record::list(&mut connection, &filter, question.limit.get()).await?;
    Ok(Json(Records {
        records: with_pictures(&mut connection, rows).await?,
    }))
}

/// Records with their pictures.
async fn with_pictures(
    connection: &mut AnyConnection,
    rows: Vec<FarmRecord>,
) -> Answer<Vec<Record>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let pictures = document::list_record_pictures(connection, &ids).await?;
    let of = |row: FarmRecord| {
        let own = pictures
            .iter()
            .filter(|picture| picture.record_id == row.id);
        let own = own.copied().collect();
        Record::of(row, own)
    };
    Ok(rows.into_iter().map(of).collect())
}

/// The days that the database's calendar and ours share without doubt.
const FIRST_DAY: Date = time::macros::date!(1970 - 01 - 01);
const LAST_DAY: Date = time::macros::date!(9999 - 12 - 31);

/// Writes a record down. An id that is there with other words is refused with both versions; a
/// use inside the interval of a harvest that came before stops that lot.
#[utoipa::path(
    post, path = "/api/v1/records", tag = "records", security(("token" = [])),
    request_body = NewRecord,
    responses((status = 201, body = Record), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewRecord>,
) -> Answer<(StatusCode, Json<Record>)> {
    let wanted = act::farm::Wanted {
        id: new.id,
        deed: new.deed.parse()?,
        base: None,
    };
    let written = write(&state, &caller, wanted).await?;
    Ok((StatusCode::CREATED, Json(written)))
}

/// Changes a record, or voids it. If somebody changed it since `base_version`, nothing is
/// overwritten: the answer has both versions.
#[utoipa::path(
    put, path = "/api/v1/records/{record}", tag = "records", security(("token" = [])),
    params(("record" = Uuid, Path, description = "Id of the record")), request_body = Edit,
    responses((status = 200, body = Record), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<Uuid>,
    JsonBody(edit): JsonBody<Edit>,
) -> Answer<Json<Record>> {
    let wanted = act::farm::Wanted {
        id,
        deed: edit.deed.parse()?,
        base: Some(edit.base_version),
    };
    Ok(Json(write(&state, &caller, wanted).await?))
}

async fn write(state: &AppState, caller: &Caller, wanted: act::farm::Wanted) -> Answer<Record> {
    let written = act::farm::write(state, &caller.account, wanted).await?;
    let mut connection = state.store().acquire().await?;
    let pictures = document::list_record_pictures(&mut connection, &[written.id]).await?;
    Ok(Record::of(written, pictures))
}

impl DeedBody {
    fn parse(self) -> Answer<Deed> {
        Ok(Deed {
            plot_id: self.plot_id,
            lot_id: self.lot_id,
            done_on: parse_day("done_on", &self.done_on)?,
            kind: self.kind,
            input_id: self.input_id,
            dose: self.dose,
            dose_unit: String::new(),
            area_mu: self.area_mu,
            interval_days: None,
            target: self.target.trim().to_owned(),
            person: self.person.trim().to_owned(),
            note: self.note.trim().to_owned(),
            voided: self.voided,
        })
    }
}

impl Record {
    pub(crate) fn of(row: FarmRecord, pictures: Vec<RecordPicture>) -> Self {
        let deed = row.deed;
        Self {
            id: row.id,
            version: row.version,
            plot_id: deed.plot_id,
            lot_id: deed.lot_id,
            kind: deed.kind,
            done_on: iso(deed.done_on),
            input_id: deed.input_id,
            input: row.input,
            registration: row.registration,
            dose: deed.dose,
            dose_unit: deed.dose_unit,
            area_mu: deed.area_mu,
            interval_days: deed.interval_days,
            target: deed.target,
            person: deed.person,
            note: deed.note,
            voided: deed.voided,
            updated_at: row.updated_at,
            pictures: pictures.into_iter().map(pictures::Picture::from).collect(),
        }
    }
}
