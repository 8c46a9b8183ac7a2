//! Two versions of a record beside each other, in words: what is kept and what was sent.

use serde_json::Value;
use store::input::Input;

use crate::page::Lang;
use crate::page::producer::records::{EntryView, InputChoice, Version, kind_key};
use crate::page::quantity::short;

/// The members that people compare, each with the key of its word.
const MEMBERS: [(&str, &str); 11] = [
    ("kind", "records.kind"),
    ("done_on", "records.day"),
    ("plot_id", "records.plot"),
    ("lot_id", "records.lot"),
    ("input_id", "records.input"),
    ("dose", "records.dose"),
    ("area_mu", "records.area"),
    ("target", "records.target"),
    ("person", "records.person"),
    ("note", "records.note"),
    ("voided", "records.voided"),
];

/// Both versions, member by member, named as the form's selections name them.
pub(super) fn both(lang: Lang, [kept, sent]: &[Value; 2], view: &EntryView) -> [Version; 2] {
    let number = kept["version"].as_i64().and_then(|n| i32::try_from(n).ok());
    let side = |value: &Value, number| Version {
        number,
        members: MEMBERS
            .iter()
            .map(|(name, key)| {
                let differs = kept[*name] != sent[*name];
                (*key, said(lang, (name, &value[*name]), view), differs)
            })
            .collect(),
    };
    [side(kept, number), side(sent, None)]
}

/// What a member says, in words.
fn said(lang: Lang, (name, value): (&str, &Value), view: &EntryView) -> String {
    let bare = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map(short).unwrap_or_default(),
        Value::Bool(true) => "✓".to_owned(),
        _ => return "–".to_owned(),
    };
    let label = match name {
        "kind" => Some(lang.t(kind_key(&bare)).into_owned()),
        "plot_id" => {
            let own = view.plots.iter().find(|choice| choice.value == bare);
            own.map(|choice| choice.label.to(lang).to_owned())
        }
        "lot_id" => {
            let own = view.lots.iter().find(|choice| choice.value == bare);
            own.map(|choice| choice.label.to(lang).to_owned())
        }
        "input_id" => {
            let own = view.inputs.iter().find(|choice| choice.value == bare);
            own.map(|choice| choice.label.clone())
        }
        _ => None,
    };
    label.unwrap_or(bare)
}

/// An input as the form offers it.
pub(super) fn input_choice(row: Input) -> InputChoice {
    InputChoice {
        left: format!("{} {}", short(row.stock), row.unit),
        value: row.id.to_string(),
        kind: row.kind,
        interval_days: row.interval_days,
        label: row.name,
        unit: row.unit,
    }
}
