//! A 承诺达标合格证 on paper: drawn from what it said when it was issued, with the code that labels
//! and pages have, too (多码合一).

use label_printer::certificate::{Basis, Certificate as Paper, Form};
use label_printer::{Format, LabelError, SIZES, Size};
use serde_json::Value;
use store::account::Account;
use store::certificate::Certificate;
use store::lot::Lot;

use super::label::{link, unprintable};
use crate::press;
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;
use crate::web::words::quantity;

/// Size of the label that holds every field of the rule.
const LABEL: Size = SIZES[2];

/// A file that is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// `pdf` or `png`.
    pub(crate) format: String,
    /// `a4`, `a6` or `label`.
    pub(crate) size: String,
}

/// A certificate as a file.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    /// Its number, for the file's name.
    pub(crate) number: String,
    /// What it is drawn as.
    pub(crate) format: Format,
    /// The file.
    pub(crate) bytes: Vec<u8>,
}

/// Draws a certificate that stands, for whom its lot is.
pub(crate) async fn draw(
    state: &AppState,
    account: &Account,
    id: i64,
    wanted: &Wanted,
) -> Answer<Drawn> {
    let format = match wanted.format.as_str() {
        "pdf" => Format::Pdf,
        "png" => Format::Png,
        _ => {
            return Err(Problem::invalid(
                "format",
                "it is pdf or png",
                "须为 pdf 或 png",
            ));
        }
    };
    let form = match wanted.size.as_str() {
        "a4" => Form::A4,
        "a6" => Form::A6,
        "label" => Form::Label(LABEL),
        _ => {
            let (en, zh) = ("it is a4, a6 or label", "须为 a4、a6 或 label");
            return Err(Problem::invalid("size", en, zh));
        }
    };
    let mut connection = state.store().acquire().await?;
    let (found, lot) = super::certificate::find_own(&mut connection, account, id).await?;
    drop(connection);
    if found.voided_at.is_some() {
        let (en, zh) = (
            "a voided certificate is not printed",
            "已作废的合格证不能打印",
        );
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    let paper = paper(state, &found, &lot)?;
    let bytes = press::draw_certificate(state, (paper, form), format).await;
    Ok(Drawn {
        number: found.number,
        format,
        bytes: bytes.map_err(refuse)?,
    })
}

/// What stands on the paper: what the certificate said when it was issued.
fn paper(state: &AppState, row: &Certificate, lot: &Lot) -> Answer<Paper> {
    let text = |member: &str| row.body[member].as_str().unwrap_or_default().to_owned();
    Ok(Paper {
        product: text("product"),
        quantity: quantity(row.quantity, &row.unit),
        origin: text("origin"),
        issued: text("issued_on"),
        producer: text("producer"),
        contact: text("contact"),
        basis: vec![basis(&row.basis)],
        lot: lot.code.clone(),
        link: link(state, &lot.gtin, Some(&lot.code), None)?,
    })
}

/// What a promise rests on, by the word of the database.
pub(super) fn basis(code: &str) -> Basis {
    match code {
        "own_test" => Basis::SelfTested,
        "commissioned_test" => Basis::Commissioned,
        _ => Basis::Controlled,
    }
}

/// What the rule promises, as a certificate keeps it.
pub(super) fn promise() -> Value {
    label_printer::certificate::PROMISE.as_slice().into()
}

fn refuse(error: LabelError) -> Problem {
    match error {
        LabelError::FieldMissing(_) => Problem::told(
            Kind::RuleBroken,
            error.to_string(),
            "合格证缺少规定的内容，不能打印",
        ),
        other => unprintable(other),
    }
}
