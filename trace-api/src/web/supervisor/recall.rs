//! `/supervisor/lots/{id}/recall`: everything that came of a lot, seen before it is called back;
//! then a drill, or the recall itself, which asks for the lot's code.

use axum::extract::State;
use axum::response::Response;
use model::lot::LotState;
use serde::Deserialize;
use store::account::Account;
use store::closure::{self, Node, Way};
use store::lot::Lot;
use store::processing::{self, Flow};
use uuid::Uuid;

use crate::act;
use crate::act::recall::Spread;
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::supervisor::graph::{GraphFlow, GraphLot, GraphReceiver};
use crate::page::supervisor::recalls::{
    Closure, ClosureLot, Holder, Kilograms, PlanView, RecallDraft, plan as page,
};
use crate::problem::{Answer, Problem};
use crate::rule::holder::{self, Amount};
use crate::rule::recall::Figures;
use crate::state::AppState;
use crate::web::words::quantity;
use crate::web::{Here, see_other};

/// Most lots of the list below a drawing; the spreadsheets have them all.
const LOTS_MAX: usize = 300;
/// Most of those who have of the goods on a page.
const HOLDERS_MAX: usize = 300;
/// Most codes of lots that one of them names.
const CODES_MAX: usize = 6;

/// The form of a recall.
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    request: Uuid,
    #[serde(default)]
    kind: String,
    reason: String,
    #[serde(default)]
    notice: String,
    #[serde(default)]
    notice_en: String,
    #[serde(default)]
    confirm: String,
}

/// Shows what would be called back.
pub(super) async fn plan(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, &caller.account, id).await?;
    here.answer(page(&here.site, &view))
}

/// Drills a recall, or calls back.
pub(super) async fn start(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let done = match confirmed(&state, &caller.account, id, &form).await {
        Ok(()) => {
            let wanted = act::recall::Wanted {
                request_id: form.request,
                reason: form.reason.clone(),
                drill: !form.is_real(),
                notice: (one_line(&form.notice), one_line(&form.notice_en)),
            };
            act::recall::recall(&state, &caller.account, id, &wanted).await
        }
        Err(problem) => Err(problem),
    };
    match done {
        Ok(made) => {
            let word = if made.drill { "drilled" } else { "recalled" };
            Ok(see_other(&format!("/supervisor/recalls/{}", made.id), word))
        }
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = PlanView {
                request: form.request.to_string(),
                draft: form.draft(),
                ..view(&state, &caller.account, id).await?
            };
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

/// A recall wants the code of its lot typed: nothing leads out of it. A drill changes nothing.
async fn confirmed(state: &AppState, account: &Account, id: i64, form: &Form) -> Answer<()> {
    if !form.is_real() {
        return Ok(());
    }
    let mut connection = state.store().acquire().await?;
    let lot = act::find_lot(&mut connection, account, id).await?;
    if form.confirm.trim().eq_ignore_ascii_case(&lot.code) {
        return Ok(());
    }
    let en = format!("type the lot's code, {}, to call it back", lot.code);
    let zh = format!("请输入批次号 {} 以确认召回", lot.code);
    Err(Problem::invalid("confirm", en, zh))
}

impl Form {
    fn is_real(&self) -> bool {
        self.kind == "recall"
    }

    fn draft(self) -> RecallDraft {
        RecallDraft {
            real: self.is_real(),
            reason: self.reason,
            notice: self.notice,
            notice_en: self.notice_en,
            confirm: self.confirm,
        }
    }
}

/// A text of several lines as one: what hangs in shops is one paragraph.
pub(super) fn one_line(text: &str) -> String {
    text.split(['\r', '\n'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

async fn view(state: &AppState, account: &Account, id: i64) -> Answer<PlanView> {
    let mut connection = state.store().acquire().await?;
    let lot: Lot = act::find_lot(&mut connection, account, id).await?;
    let down = closure::list(&mut connection, id, Way::Down).await?;
    let closure = closure(&mut connection, (&[], down), state).await?;
    Ok(PlanView {
        id,
        open: lot.state.may_become(LotState::Recalled),
        state: lot.state,
        code: lot.code,
        product: lot.product,
        producer: lot.producer,
        closure,
        request: state.draw_uuid().to_string(),
        draft: RecallDraft::default(),
    })
}

/// What a lot came of (`up`, itself included) and what came of it, for a page.
pub(super) async fn closure(
    connection: &mut store::AnyConnection,
    (up, down): (&[Node], Vec<Node>),
    state: &AppState,
) -> Answer<Closure> {
    let above: Vec<i64> = up.iter().map(|node| node.lot_id).collect();
    let numbers = processing::list_of_outputs(connection, &above).await?;
    let mut flows = processing::list_flows(connection, &numbers).await?;
    let spread = act::recall::gather(connection, down).await?;
    flows.extend(spread.flows.iter().cloned());
    let mut lots: Vec<ClosureLot> = up
        .iter()
        .filter(|node| node.level > 0)
        .map(|node| closure_lot(node, -node.level))
        .rev()
        .chain(
            spread
                .nodes
                .iter()
                .map(|node| closure_lot(node, node.level)),
        )
        .collect();
    let more = lots.len().saturating_sub(LOTS_MAX);
    lots.truncate(LOTS_MAX);
    let mut holders = holders(&spread, state);
    holders.truncate(HOLDERS_MAX);
    Ok(Closure {
        flows: joined(&flows),
        receivers: receivers(&spread),
        kg: kilograms(spread.figures),
        holders,
        lots,
        more,
    })
}

fn closure_lot(node: &Node, level: i32) -> ClosureLot {
    let amount = |number: f64| quantity(number, &node.unit);
    ClosureLot {
        lot: GraphLot {
            id: node.lot_id,
            level,
            href: format!("/supervisor/lots/{}", node.lot_id),
            code: node.code.clone(),
            product: node.product.clone(),
            state: node.state,
            quantity: amount(node.quantity),
        },
        producer: node.producer.clone(),
        processed: amount(node.processed),
        shipped: amount(node.shipped),
        left: amount(node.quantity - node.processed - node.shipped),
    }
}

/// From each lot that went into a processing to each that came out of it.
fn joined(flows: &[Flow]) -> Vec<GraphFlow> {
    let mut lines: Vec<GraphFlow> = Vec::new();
    for input in flows.iter().filter(|flow| flow.is_input) {
        let made = |flow: &&Flow| !flow.is_input && flow.processing_id == input.processing_id;
        for output in flows.iter().filter(made) {
            let known = |line: &GraphFlow| line.from == input.lot_id && line.to == output.lot_id;
            if lines.iter().any(known) {
                continue;
            }
            lines.push(GraphFlow {
                from: input.lot_id,
                to: output.lot_id,
                quantity: quantity(input.quantity, &input.unit),
            });
            // What is drawn has fewer lots than this.
            if lines.len() >= 2_000 {
                return lines;
            }
        }
    }
    lines
}

fn receivers(spread: &Spread) -> Vec<GraphReceiver> {
    let sent = spread.shipments.iter().map(|sent| GraphReceiver {
        id: sent.to_party_id,
        name: sent.to_name.clone(),
        lot: sent.lot_id,
        quantity: quantity(sent.quantity, &sent.unit),
    });
    sent.collect()
}

/// Who has of the goods: those who received first, for they sell to others.
fn holders(spread: &Spread, state: &AppState) -> Vec<Holder> {
    let row = |kind: &'static str| {
        move |one: holder::Holder| Holder {
            kind,
            id: one.id,
            name: one.name,
            contact: one.contact,
            lots: codes(&one.lots),
            quantity: amounts(&one.quantities),
            call: None,
            request: state.draw_uuid().to_string(),
        }
    };
    let received = holder::receivers(&spread.shipments)
        .into_iter()
        .map(row("party"));
    let produced = holder::producers(&spread.nodes)
        .into_iter()
        .map(row("producer"));
    received.chain(produced).collect()
}

fn codes(lots: &[String]) -> String {
    let named = lots
        .iter()
        .take(CODES_MAX)
        .cloned()
        .collect::<Vec<_>>()
        .join(" ");
    match lots.len().saturating_sub(CODES_MAX) {
        0 => named,
        more => format!("{named} +{more}"),
    }
}

fn amounts(amounts: &[Amount]) -> String {
    let told = amounts.iter().map(|one| quantity(one.quantity, &one.unit));
    told.collect::<Vec<_>>().join(" · ")
}

const fn kilograms(figures: Figures) -> Kilograms {
    Kilograms {
        came_in: figures.in_kg,
        out: figures.out_kg,
        left: figures.left_kg,
        lost: figures.lost_kg,
        unaccounted: figures.unaccounted_kg,
        unweighed: figures.unweighed_lots,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lot_that_went_in_is_joined_with_each_that_came_out() {
        let flow = |processing_id, lot_id, is_input| Flow {
            processing_id,
            lot_id,
            is_input,
            quantity: 5.0,
            unit: "KGM".to_owned(),
        };
        let flows = [
            flow(1, 1, true),
            flow(1, 2, true),
            flow(1, 3, false),
            flow(2, 3, true),
            flow(2, 4, false),
            // Known from above and from below.
            flow(2, 3, true),
        ];
        let lines: Vec<_> = joined(&flows)
            .iter()
            .map(|line| (line.from, line.to))
            .collect();
        assert_eq!(lines, [(1, 3), (2, 3), (3, 4)]);
    }

    #[test]
    fn a_notice_of_several_lines_becomes_one_paragraph() {
        assert_eq!(one_line("停止销售。\r\n\r\n 退回。 "), "停止销售。 退回。");
        assert_eq!(one_line(" \n"), "");
    }
}
