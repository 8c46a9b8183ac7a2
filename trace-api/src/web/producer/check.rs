//! `/producer/lots/{id}/check`: what a lot's buyer will see and what is missing, and its
//! 承诺达标合格证: issued where nothing stands against it, voided with a reason.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use store::certificate::{self, Certificate};
use store::farm_record::{self, FarmRecord};
use store::lot::Lot;
use store::{AnyConnection, plot, producer, product};
use uuid::Uuid;

use super::{decimal, row};
use crate::act;
use crate::act::filing::gate;
use crate::act::lot::iso;
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::Words;
use crate::page::producer::check::{Basis, CheckView, Line, Paper, Thing, page};
use crate::page::quantity::short;
use crate::problem::Answer;
use crate::rule::certificate::Reason;
use crate::rule::{interval, plausible};
use crate::state::{AppState, timestamp};
use crate::web::words::{quantity, sign};
use crate::web::{Here, see_other};

/// What a certificate may rest on, as the record spells it.
const BASES: [&str; 3] = ["quality_control", "own_test", "commissioned_test"];
/// Most records that are looked at.
const RECORDS_MAX: i64 = 500;

/// The routes of a lot's check.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/producer/lots/{id}/check", get(show))
        .route("/producer/lots/{id}/certificates", post(issue))
        .route("/producer/certificates/{id}/void", post(void))
}

/// The form of a certificate.
#[derive(Debug, Deserialize)]
struct Form {
    request: Uuid,
    #[serde(default)]
    basis: String,
    #[serde(default)]
    quantity: String,
}

async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, &caller, id, None).await?;
    here.answer(page(&here.site, &view))
}

async fn issue(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let issued = async {
        let wanted = act::certificate::Wanted {
            request_id: form.request,
            basis: form.basis.clone(),
            quantity: Some(decimal("quantity", &form.quantity)?),
        };
        act::certificate::issue(&state, &caller.account, id, &wanted).await
    };
    match issued.await {
        Ok(_) => Ok(see_other(
            &format!("/producer/lots/{id}/check"),
            "certificate",
        )),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let typed = (form.basis, form.quantity);
            let view = view(&state, &caller, id, Some(typed)).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

/// The form of a void.
#[derive(Debug, Deserialize)]
struct VoidForm {
    request: Uuid,
    #[serde(default)]
    reason: String,
}

async fn void(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    FormBody(form): FormBody<VoidForm>,
) -> Answer<Response> {
    let why = (form.request, form.reason.as_str());
    let kept = act::certificate::void(&state, &caller.account, id, why).await?;
    let path = format!("/producer/lots/{}/check", kept.lot_id);
    Ok(see_other(&path, "void"))
}

async fn view(
    state: &AppState,
    caller: &Caller,
    id: i64,
    typed: Option<(String, String)>,
) -> Answer<CheckView> {
    // What is looked at stays as it is until all of it was looked at.
    let mut transaction = act::begin(state, &caller.account).await?;
    let lot = act::find_lot(&mut transaction, &caller.account, id).await?;
    let papers = certificate::list(&mut transaction, &[id]).await?;
    let own = product::find(&mut transaction, lot.product_id).await?;
    let is_promised = own.is_some_and(|product| product.regime == "promise");
    let asked: (&[&str], Option<f64>) = (&BASES, None);
    let examined = act::certificate::examine_each(&mut transaction, &lot, asked).await?;
    let (against, uncovered) = (examined.0, examined.1.max(0.0));
    let rest_on = |(code, against): (&'static str, Vec<Reason>)| Basis {
        code,
        against: against.into_iter().map(because).collect(),
    };
    let bases: Vec<Basis> = BASES.into_iter().zip(against).map(rest_on).collect();
    let stands = papers.iter().any(|paper| paper.voided_at.is_none());
    let promised = is_promised.then_some(stands);
    let lines = lines(state, &mut transaction, (&lot, promised)).await?;
    let first_basis = bases.iter().find(|basis| basis.against.is_empty());
    let usual = first_basis.map_or("", |basis| basis.code).to_owned();
    Ok(CheckView {
        id,
        unit: sign(&lot.unit).to_owned(),
        lines,
        bases,
        uncovered: short(uncovered),
        is_promised,
        papers: papers
            .into_iter()
            .rev()
            .map(|row| paper(state, row))
            .collect(),
        request: state.draw_uuid().to_string(),
        typed: typed.unwrap_or_else(|| (usual, short(uncovered))),
        lot: row(&lot),
    })
}

fn because(reason: Reason) -> Words {
    Words::both(reason.text, reason.text_en)
}

fn paper(state: &AppState, row: Certificate) -> Paper {
    let reason = row.void_reason.unwrap_or_default();
    Paper {
        id: row.id,
        number: row.number,
        basis: row.basis,
        quantity: quantity(row.quantity, &row.unit),
        issued: timestamp(row.issued_at),
        voided: row.voided_at.map(|at| (timestamp(at), reason)),
        request: state.draw_uuid().to_string(),
    }
}

/// What the buyer will see of a lot, thing by thing.
async fn lines(
    state: &AppState,
    connection: &mut AnyConnection,
    (lot, promised): (&Lot, Option<bool>),
) -> Answer<Vec<Line>> {
    let here = format!("/producer/lots/{}", lot.id);
    Ok(vec![
        filing(connection, lot).await?,
        contact(connection, lot).await?,
        harvest(lot, &here),
        kept_interval(state, connection, lot).await?,
        records(connection, lot).await?,
        tests(connection, lot).await?,
        certified(promised),
        monitoring(connection, lot).await?,
        labels(lot, &here),
    ])
}

fn line(thing: Thing, there: Option<bool>, (zh, en): (&str, &str)) -> Line {
    Line {
        thing,
        there,
        words: Words::both(zh, en),
        href: None,
    }
}

async fn filing(connection: &mut AnyConnection, lot: &Lot) -> Answer<Line> {
    let refused = gate::reason(connection, lot.product_id).await?;
    Ok(match refused {
        None => {
            let said = ("产品与生产主体均已备案", "product and producer are filed");
            line(Thing::Filing, Some(true), said)
        }
        Some(reason) => Line {
            words: because(reason),
            ..line(Thing::Filing, Some(false), ("", ""))
        },
    })
}

async fn contact(connection: &mut AnyConnection, lot: &Lot) -> Answer<Line> {
    let own = producer::find(connection, lot.producer_id).await?;
    let contact = own.map(|own| own.contact).unwrap_or_default();
    Ok(if contact.is_empty() {
        let said = ("企业联系方式未填", "the business has no contact");
        line(Thing::Contact, Some(false), said)
    } else {
        line(Thing::Contact, Some(true), (&contact, &contact))
    })
}

fn harvest(lot: &Lot, here: &str) -> Line {
    match lot.harvested_on {
        Some(day) => {
            let said = format!("{} · {}", iso(day), quantity(lot.quantity, &lot.unit));
            line(Thing::Harvest, Some(true), (&said, &said))
        }
        None => Line {
            href: Some(here.to_owned()),
            ..line(
                Thing::Harvest,
                Some(false),
                ("尚未采收", "not harvested yet"),
            )
        },
    }
}

async fn kept_interval(
    state: &AppState,
    connection: &mut AnyConnection,
    lot: &Lot,
) -> Answer<Line> {
    let standing = act::harvest::standing(connection, lot).await?;
    let today = plausible::today(state.now());
    let day = lot.harvested_on.unwrap_or(today);
    Ok(match interval::check(day, &standing.treatments) {
        Ok(()) if standing.treatments.is_empty() => {
            let said = ("没有用药记录", "no use of a pesticide is noted");
            line(Thing::Interval, None, said)
        }
        Ok(()) => line(
            Thing::Interval,
            Some(true),
            ("安全间隔期已满", "every interval was kept"),
        ),
        Err(_) if standing.is_waived => {
            let said = ("监管人员已准予提前采收", "waived by a supervisor");
            line(Thing::Interval, Some(true), said)
        }
        Err(blocked) => {
            let (input, free) = (&blocked.by.input, iso(blocked.free_on));
            let zh = format!("{input}：{free} 起方可采收");
            let en = format!("{input}: not before {free}");
            line(Thing::Interval, Some(false), (&zh, &en))
        }
    })
}

async fn records(connection: &mut AnyConnection, lot: &Lot) -> Answer<Line> {
    let last = lot
        .harvested_on
        .unwrap_or(time::macros::date!(9999 - 12 - 31));
    let filter = farm_record::Filter {
        plot_id: Some(lot.plot_id),
        lot_id: Some(lot.id),
        days: Some((lot.started_on, last)),
        ..farm_record::Filter::default()
    };
    let rows = farm_record::list(connection, &filter, RECORDS_MAX).await?;
    let counted = |row: &&FarmRecord| !row.deed.voided;
    let count = rows.iter().filter(counted).count();
    let (zh, en) = (format!("{count} 条"), format!("{count} records"));
    Ok(Line {
        href: (count == 0).then(|| format!("/producer/records/new?lot={}", lot.id)),
        ..line(Thing::Records, Some(count > 0), (&zh, &en))
    })
}

async fn tests(connection: &mut AnyConnection, lot: &Lot) -> Answer<Line> {
    let results = act::test::standing(connection, lot.id).await?;
    let (there, zh, en) = if results.against {
        (Some(false), "有不合格结果", "a failed result stands")
    } else if results.passed {
        (Some(true), "检测合格", "passed")
    } else {
        let zh = "未检测：买家页面将显示“未检测”";
        (None, zh, "not tested: the page will say so")
    };
    Ok(line(Thing::Tests, there, (zh, en)))
}

fn certified(promised: Option<bool>) -> Line {
    let (there, zh, en) = match promised {
        None => (None, "该产品不适用", "not for this product"),
        Some(true) => (Some(true), "已开具", "issued"),
        Some(false) => (
            Some(false),
            "尚未开具，可在本页开具",
            "not issued yet: issue it here",
        ),
    };
    line(Thing::Certificate, there, (zh, en))
}

async fn monitoring(connection: &mut AnyConnection, lot: &Lot) -> Answer<Line> {
    let stood = plot::list_placements(connection, None, Some(lot.plot_id)).await?;
    let count = stood.len();
    Ok(if count == 0 {
        let said = ("该地块没有探头和摄像头", "no probe or camera stands there");
        line(Thing::Monitoring, None, said)
    } else {
        let (zh, en) = (format!("{count} 台设备"), format!("{count} devices"));
        line(Thing::Monitoring, Some(true), (&zh, &en))
    })
}

fn labels(lot: &Lot, here: &str) -> Line {
    let (zh, en) = (
        format!("{} 枚", lot.labels),
        format!("{} labels", lot.labels),
    );
    let is_some = lot.labels > 0;
    Line {
        href: (!is_some).then(|| format!("{here}/labels")),
        ..line(Thing::Labels, is_some.then_some(true), (&zh, &en))
    }
}
