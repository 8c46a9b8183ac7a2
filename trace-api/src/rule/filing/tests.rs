use super::*;

fn product() -> ProductBody {
    ProductBody {
        gtin: None,
        name: "莓茶".to_owned(),
        name_en: String::new(),
        category: "莓茶".to_owned(),
        variety: String::new(),
        specification: "100 g".to_owned(),
        unit: "KGM".to_owned(),
        shelf_life_days: 540,
        regime: "sc".to_owned(),
        season: String::new(),
        standard: String::new(),
        probe_limits: Vec::new(),
        test_limits: Vec::new(),
        pictures: Vec::new(),
    }
}

fn fields(faults: Vec<Fault>) -> Vec<&'static str> {
    faults.into_iter().map(|fault| fault.field).collect()
}

#[test]
fn every_fault_of_a_producer_is_told_at_once() {
    let body = ProducerBody {
        credit_code: "91433127000000001Y".to_owned(),
        name: "名".repeat(101),
        name_en: String::new(),
        kind: "club".to_owned(),
        township: " ".to_owned(),
        address: "a\u{7}".to_owned(),
        contact: String::new(),
        pictures: vec![Attached {
            sha256: "0".to_owned(),
            caption: String::new(),
        }],
    };
    assert_eq!(
        fields(check_producer(&body)),
        [
            "credit_code",
            "name",
            "kind",
            "township",
            "address",
            "contact",
            "pictures"
        ]
    );
}

#[test]
fn a_text_may_be_as_long_as_its_limit_and_no_longer() {
    let mut body = product();
    body.name = "名".repeat(100);
    body.pictures = vec![
        Attached {
            sha256: "a".repeat(64),
            caption: String::new()
        };
        PICTURES_MAX
    ];
    assert_eq!(fields(check_product(&body, &[])), Vec::<&str>::new());
    body.name.push('名');
    body.pictures.push(body.pictures[0].clone());
    assert_eq!(fields(check_product(&body, &[])), ["name", "pictures"]);
}

#[test]
fn a_number_of_ours_is_only_taken_back_by_its_own_product() {
    let mut body = product();
    let own = internal_gtin(7)
        .map(|gtin| gtin.to_string())
        .unwrap_or_default();
    body.gtin = Some(own.clone());
    assert_eq!(fields(check_product(&body, &[])), ["gtin"]);
    assert_eq!(fields(check_product(&body, &[own])), Vec::<&str>::new());
    body.gtin = Some("6901234567892".to_owned());
    assert_eq!(fields(check_product(&body, &[])), Vec::<&str>::new());
    body.gtin = Some("6901234567893".to_owned());
    assert_eq!(fields(check_product(&body, &[])), ["gtin"]);
}

#[test]
fn numbers_that_we_issue_are_restricted_and_have_their_check_digit() {
    for number in [1, 2, 999_999_999] {
        let gtin = internal_gtin(number);
        assert!(gtin.is_some_and(|gtin| gtin.is_restricted()), "{number}");
    }
    assert_eq!(internal_gtin(1_000_000_000), None);
}

#[test]
fn limits_have_an_order_and_a_known_quantity() {
    let mut body = product();
    let limit = |quantity: &str, low, high| ProbeLimit {
        quantity: quantity.to_owned(),
        low,
        high,
    };
    body.probe_limits = vec![limit("air-temperature", Some(0.0), Some(35.0))];
    assert_eq!(fields(check_product(&body, &[])), Vec::<&str>::new());
    body.probe_limits = vec![
        limit("mood", Some(0.0), None),
        limit("air-temperature", None, None),
        limit("air-temperature", Some(2.0), Some(1.0)),
        limit("air-temperature", Some(f64::NAN), None),
    ];
    body.test_limits = vec![TestLimit {
        item: "铅".to_owned(),
        limit: 0.0,
        unit: "mg/kg".to_owned(),
    }];
    let found = fields(check_product(&body, &[]));
    assert_eq!(
        found,
        [
            "probe_limits",
            "probe_limits",
            "probe_limits",
            "probe_limits",
            "test_limits"
        ]
    );
}
