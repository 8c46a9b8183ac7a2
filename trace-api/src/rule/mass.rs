//! Mass balance: what comes out of a processing cannot be more than what went in allows. Masses
//! are compared in kilograms; lots that are counted in pieces balance only among their own kind.

use crate::problem::{Answer, Problem};
use crate::rule::handover::GRAIN;

/// What was done, and how much may come out of a kilogram that went in.
const KINDS: [(&str, f64); 8] = [
    ("sorting", 1.0),
    ("packing", 1.0),
    ("milling", 1.0),
    ("tea_making", 1.0),
    ("smoking", 1.1),
    // Brine stays in the goods.
    ("pickling", 1.3),
    // Soya takes up several times its mass of water.
    ("tofu", 6.0),
    ("other", 1.0),
];

/// A quantity and its unit, UN/ECE Rec 20.
pub(crate) type Amount<'a> = (f64, &'a str);

/// A processing in sums.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Balance {
    /// Unit of the sums: `KGM` or the unit that all lots share.
    pub(crate) unit: String,
    /// What went in.
    pub(crate) input: f64,
    /// What came out.
    pub(crate) output: f64,
    /// Declared waste.
    pub(crate) loss: f64,
}

/// A quantity in kilograms; `None` for a unit that is no mass.
pub(crate) fn kilograms((quantity, unit): Amount<'_>) -> Option<f64> {
    let factor = match unit {
        "KGM" => 1.0,
        "GRM" => 0.001,
        "TNE" => 1_000.0,
        _ => return None,
    };
    Some(quantity * factor)
}

/// The sums of a processing; refuses more output than a kind of work can give.
pub(crate) fn balance(
    kind: &str,
    inputs: &[Amount<'_>],
    outputs: &[Amount<'_>],
    loss: f64,
) -> Answer<Balance> {
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let (_, gain) = known.ok_or_else(|| {
        let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
        let en = format!("it is one of {}", names.join(", "));
        Problem::invalid("kind", en, "没有这种加工类型")
    })?;
    if !(loss.is_finite() && loss >= 0.0) {
        return Err(Problem::invalid(
            "loss",
            "it must be 0 or more",
            "损耗不能为负",
        ));
    }
    let unit = unit(inputs, outputs)?;
    let sum = |amounts: &[Amount<'_>]| -> f64 {
        amounts
            .iter()
            .map(|amount| kilograms(*amount).unwrap_or(amount.0))
            .sum()
    };
    let balance = Balance {
        unit,
        input: sum(inputs),
        output: sum(outputs),
        loss,
    };
    if balance.output + loss > balance.input * gain + GRAIN {
        let (out, unit) = (balance.output + loss, &balance.unit);
        let most = balance.input * gain;
        let en = format!(
            "{out} {unit} cannot come of {} {unit} by {kind}",
            balance.input
        );
        let zh = format!("产出与损耗共 {out}，超过投入所能得到的 {most}");
        return Err(Problem::invalid("outputs", en, zh));
    }
    Ok(balance)
}

/// Kilograms where every lot has a mass, else the one unit that all share.
fn unit(inputs: &[Amount<'_>], outputs: &[Amount<'_>]) -> Answer<String> {
    let mut all = inputs.iter().chain(outputs);
    if all.clone().all(|amount| kilograms(*amount).is_some()) {
        return Ok("KGM".to_owned());
    }
    let first = all.next().map_or("", |(_, unit)| unit);
    if all.all(|(_, unit)| *unit == first) {
        return Ok(first.to_owned());
    }
    let (en, zh) = (
        "masses and pieces cannot be balanced against each other",
        "重量与件数不能相互平衡",
    );
    Err(Problem::invalid("outputs", en, zh))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is neither output nor declared.
    fn unaccounted(balance: &Balance) -> f64 {
        balance.input - balance.output - balance.loss
    }

    fn refused(answer: &Answer<Balance>) -> Option<&'static str> {
        answer.as_ref().err().and_then(|problem| problem.field)
    }

    #[test]
    fn more_cannot_come_out_than_the_work_gives() {
        let rice = [(100.0, "KGM")];
        let milled = balance("milling", &rice, &[(65.0, "KGM")], 30.0);
        let unaccounted = milled.map(|balance| unaccounted(&balance).to_string());
        assert_eq!(unaccounted.ok().as_deref(), Some("5"));
        let all = balance("milling", &rice, &[(70.0, "KGM")], 30.0);
        assert_eq!(refused(&all), None);
        let more = balance("milling", &rice, &[(70.001, "KGM")], 30.0);
        assert_eq!(refused(&more), Some("outputs"));
        let tofu = balance("tofu", &[(10.0, "KGM")], &[(35.0, "KGM")], 0.0);
        assert_eq!(refused(&tofu), None, "water came in");
        assert_eq!(
            refused(&balance("tofu", &[(10.0, "KGM")], &[(61.0, "KGM")], 0.0)),
            Some("outputs")
        );
    }

    #[test]
    fn units_of_mass_are_one_and_pieces_are_not_kilograms() {
        let packed = balance("packing", &[(1.0, "TNE")], &[(999_000.0, "GRM")], 1.0);
        assert_eq!(refused(&packed), None);
        let eggs = balance("packing", &[(300.0, "H87")], &[(290.0, "H87")], 10.0);
        assert_eq!(
            eggs.map(|balance| balance.unit).ok().as_deref(),
            Some("H87")
        );
        let mixed = balance("packing", &[(300.0, "H87")], &[(12.0, "KGM")], 0.0);
        assert_eq!(refused(&mixed), Some("outputs"));
    }

    #[test]
    fn unknown_work_and_negative_waste_are_refused() {
        let one = [(1.0, "KGM")];
        assert_eq!(refused(&balance("magic", &one, &one, 0.0)), Some("kind"));
        assert_eq!(refused(&balance("sorting", &one, &[], -1.0)), Some("loss"));
        assert_eq!(
            refused(&balance("sorting", &one, &[], f64::NAN)),
            Some("loss")
        );
    }

    proptest! {
        #[test]
        fn without_water_nothing_is_made_from_nothing(
            inputs in proptest::collection::vec(0.001_f64..1e4, 1..6),
            outputs in proptest::collection::vec(0.001_f64..1e4, 1..6), loss in 0.0_f64..100.0,
        ) {
            let kg = |all: Vec<f64>| all.into_iter().map(|q| (q, "KGM")).collect::<Vec<_>>();
            if let Ok(balance) = balance("sorting", &kg(inputs), &kg(outputs), loss) {
                prop_assert!(unaccounted(&balance) >= -GRAIN);
            }
        }
    }
}
