//! Events of a lot: what each says, and that what has to be left out is.

use super::*;
use proptest::prelude::*;

fn subject() -> Result<Subject<'static>, &'static str> {
    Ok(Subject {
        gtin: Gtin::parse("09506000134352").map_err(|_| "gtin")?,
        lot: LotCode::parse("20261101-01").map_err(|_| "lot")?,
        quantity: Some(320.0),
        unit: "KGM",
    })
}

#[test]
fn times_are_written_in_utc_with_three_decimals() {
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_795_478_400, "2026-11-24T00:00:00.000Z"),
        (951_782_399, "2000-02-28T23:59:59.000Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.000Z"),
    ] {
        assert_eq!(rfc3339(Timestamp::from_seconds(seconds)), text);
    }
    assert_eq!(rfc3339(Timestamp(1_999_999)), "1970-01-01T00:00:01.999Z");
}

#[test]
fn a_harvest_creates_the_class_of_the_lot_on_its_plot() -> Result<(), &'static str> {
    let step = Step::Registered {
        plot: 7,
        started: "2026-08-01",
        harvested: Some("2026-11-01"),
    };
    let event = body(&subject()?, &step, Timestamp::from_seconds(0));
    assert_eq!(event["bizStep"], "creating_class_instance");
    assert_eq!(event["action"], "ADD");
    assert_eq!(event["readPoint"]["id"], "urn:suyuan:plot:7");
    let class = "https://id.gs1.org/01/09506000134352/10/20261101-01";
    let wanted = json!([{ "epcClass": class, "quantity": 320.0, "uom": "KGM" }]);
    assert_eq!(event["quantityList"], wanted);
    assert_eq!(event["ilmd"]["cbvmda:harvestEndDate"], "2026-11-01");
    Ok(())
}

#[test]
fn a_result_below_quantification_is_a_maximum() -> Result<(), &'static str> {
    let finding = Finding {
        passed: true,
        below: true,
        value: 5.0,
        unit: "%",
        item: "pesticide",
        method: "GB/T 5009.199-2003",
        request: "r",
    };
    let at = Timestamp::from_seconds(0);
    let event = body(&subject()?, &Step::Inspected(finding), at);
    let report = &event["sensorElementList"][0]["sensorReport"][0];
    assert_eq!(report["maxValue"], 5.0);
    assert_eq!(report["value"], Value::Null);
    assert_eq!(report["uom"], "P1");
    assert_eq!(event["disposition"], "conformant");
    let failed = Finding {
        passed: false,
        below: false,
        ..finding
    };
    let event = body(&subject()?, &Step::Inspected(failed), at);
    assert_eq!(event["disposition"], "non_conformant");
    assert_eq!(
        event["sensorElementList"][0]["sensorReport"][0]["value"],
        5.0
    );
    Ok(())
}

#[test]
fn pieces_are_counted_without_a_unit() -> Result<(), &'static str> {
    let pieces = Subject {
        unit: "H87",
        ..subject()?
    };
    assert_eq!(quantity(&pieces).get("uom"), None);
    assert_eq!(quantity(&pieces)["quantity"], 320.0);
    Ok(())
}

#[test]
fn every_code_of_a_run_is_named() -> Result<(), &'static str> {
    let serials = [Serial::from_random(1), Serial::from_random(2)];
    let event = body(
        &subject()?,
        &Step::Commissioned(&serials),
        Timestamp::from_seconds(0),
    );
    let list = event["epcList"].as_array().ok_or("no list")?;
    assert_eq!(list.len(), 2);
    assert_eq!(
        list[0],
        item_uri(subject()?.gtin, subject()?.lot, serials[0])
    );
    Ok(())
}

proptest! {
    #[test]
    fn later_times_are_later_texts(
        early in 0_i64..250_000_000_000, add in 1_i64..2_000_000_000,
    ) {
        let text = |seconds| rfc3339(Timestamp::from_seconds(seconds));
        prop_assert!(text(early) < text(early + add));
        // Month lengths: the day after is the next text of the calendar.
        prop_assert_eq!(text(early).len(), 24);
    }
}

fn step_of(step: &Step<'_>) -> Result<Value, &'static str> {
    Ok(body(&subject()?, step, Timestamp::from_seconds(0)))
}

#[test]
fn a_turn_says_what_became_of_the_lot_and_which_request_did_it() -> Result<(), &'static str> {
    for (turn, step, disposition) in [
        (Turn::Sampled("S-1"), "sampling", "in_progress"),
        (Turn::Released, life::RELEASING, "sellable_accessible"),
        (Turn::Held, "holding", "non_sellable_other"),
        (Turn::Recalled("benzopyrene"), "holding", "recalled"),
        (Turn::SoldOut, "retail_selling", "retail_sold"),
        (Turn::Certified("C-1"), life::CERTIFYING, "active"),
        (Turn::Voided("C-1"), life::CERTIFYING, "inactive"),
    ] {
        let event = step_of(&Step::Turned(turn, "r-1"))?;
        assert_eq!(event["bizStep"], step);
        assert_eq!(event["disposition"], disposition);
        assert_eq!(
            event["bizTransactionList"][0]["bizTransaction"],
            "urn:uuid:r-1"
        );
        assert_eq!(
            event["suyuan:reason"].is_string(),
            disposition == "recalled",
            "only a recall's reason is public"
        );
    }
    Ok(())
}

#[test]
fn a_handover_names_both_parties_by_number_alone() -> Result<(), &'static str> {
    let handed = Handover {
        received: false,
        shipment: 5,
        from: 1,
        to: 2,
    };
    let shipped = step_of(&Step::Handed(handed, "r"))?;
    assert_eq!(shipped["bizStep"], "shipping");
    assert_eq!(shipped["quantityList"][0]["quantity"], 320.0);
    assert_eq!(shipped["sourceList"][0]["source"], "urn:suyuan:party:1");
    let arrived = Handover {
        received: true,
        ..handed
    };
    let arrived = step_of(&Step::Handed(arrived, "r"))?;
    assert_eq!(arrived["bizStep"], "receiving");
    let destination = &arrived["destinationList"][0];
    assert_eq!(destination["destination"], "urn:suyuan:party:2");
    Ok(())
}

#[test]
fn a_seal_has_figures_and_no_value_where_nothing_was_measured() -> Result<(), &'static str> {
    let channel = |spread| Sealed {
        probe: "gw/p".to_string(),
        channel: "temperature".to_string(),
        unit: "Cel".to_string(),
        from: Timestamp::from_seconds(0),
        to: Timestamp::from_seconds(3_600),
        expected: 6,
        present: 3,
        spread,
        hours_outside: None,
    };
    let channels = [channel(Some([1.0, 2.0, 3.0, 0.5])), channel(None)];
    let alarms = [Answered {
        alarm: 4,
        rule: "frost".to_string(),
        raised: Timestamp::from_seconds(60),
        by_role: None,
    }];
    let pictures = [Filmed {
        camera: "gw/c".to_string(),
        count: 2,
        from: Timestamp::from_seconds(0),
        to: Timestamp::from_seconds(60),
        digest: "00ff".to_string(),
    }];
    let event = step_of(&Step::Sealed {
        plot: 7,
        channels: &channels,
        alarms: &alarms,
        pictures: &pictures,
        request: "r",
    })?;
    let filmed = &event["suyuan:pictures"][0];
    assert_eq!(filmed["suyuan:camera"], "urn:suyuan:camera:gw/c");
    assert_eq!(filmed["suyuan:digest"], "sha-256:00ff");
    assert_eq!(event["bizStep"], "sensor_reporting");
    let report = |at: usize| &event["sensorElementList"][at]["sensorReport"][0];
    assert_eq!(report(0)["sDev"], 0.5);
    assert_eq!(report(1)["meanValue"], Value::Null);
    assert_eq!(event["suyuan:alarms"][0]["suyuan:answeredBy"], "nobody");
    Ok(())
}

#[test]
fn processing_has_inputs_and_outputs_and_no_action() -> Result<(), &'static str> {
    let subject = subject()?;
    let part = |quantity| Part {
        gtin: subject.gtin,
        lot: subject.lot,
        quantity,
        unit: "KGM".to_string(),
    };
    let event = step_of(&Step::Transformed {
        inputs: &[part(10.0), part(5.0)],
        outputs: &[part(9.0)],
        kind: "milling",
        request: "r",
    })?;
    assert_eq!(event["type"], "TransformationEvent");
    assert_eq!(event.get("action"), None);
    assert_eq!(event["inputQuantityList"].as_array().map(Vec::len), Some(2));
    assert_eq!(event["outputQuantityList"][0]["quantity"], 9.0);
    Ok(())
}
