//! Checked frames of two families of soil probes and of a map of one's own, and what is refused.

use model::register::Form;
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// Bytes as they are written down.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// A frame with its checksum.
fn framed(text: &str) -> Vec<u8> {
    let mut frame = hex(text);
    let checksum = CHECKSUM.checksum(&frame);
    frame.extend(checksum.to_le_bytes());
    frame
}

fn line(channel: &str, address: u16, form: Form, scale: f64) -> KnownRegister {
    KnownRegister {
        channel: channel.to_owned(),
        register: Register {
            function: 3,
            address,
            form,
            low_word_first: false,
            scale,
            offset: 0.0,
        },
    }
}

/// Moisture, temperature, EC, pH, each a register.
fn family_a() -> Vec<KnownRegister> {
    vec![
        line("soil-moisture", 0, Form::Unsigned16, 0.1),
        line("soil-temperature", 1, Form::Signed16, 0.1),
        line("ec", 2, Form::Unsigned16, 1.0),
        line("ph", 3, Form::Unsigned16, 0.1),
    ]
}

/// Temperature and moisture in hundredths, EC.
fn family_b() -> Vec<KnownRegister> {
    vec![
        line("soil-temperature", 0, Form::Signed16, 0.01),
        line("soil-moisture", 1, Form::Unsigned16, 0.01),
        line("ec", 2, Form::Unsigned16, 1.0),
    ]
}

/// Channels and values as they are stored.
fn values(bytes: &[u8], map: &[KnownRegister]) -> Result<Vec<(String, f32)>, Refusal> {
    let pack = decode(bytes)?.measure(map, NOW)?;
    let number = |value| match value {
        Some(Value::Number(number)) => number as f32,
        _ => f32::NAN,
    };
    let measured = pack.measurements.into_iter();
    Ok(measured.map(|m| (m.name, number(m.value))).collect())
}

fn pairs(expected: &[(&str, f32)]) -> Vec<(String, f32)> {
    let owned = |(name, value): &(&str, f32)| ((*name).to_owned(), *value);
    expected.iter().map(owned).collect()
}

#[test]
fn the_checked_frames_of_family_a_are_read() {
    let three = hex("010306 0292 FF9B 03E8 D80F");
    let expected = [
        ("soil-moisture", 65.8),
        ("soil-temperature", -10.1),
        ("ec", 1_000.0),
    ];
    assert_eq!(values(&three, &family_a()), Ok(pairs(&expected)));
    let four = hex("010308 0262 0167 0006 0037 C206");
    let expected = [
        ("soil-moisture", 61.0),
        ("soil-temperature", 35.9),
        ("ec", 6.0),
        ("ph", 5.5),
    ];
    assert_eq!(values(&four, &family_a()), Ok(pairs(&expected)));
}

#[test]
fn a_request_says_which_registers_its_answer_has() {
    let both = [hex("010300000003 05CB"), hex("010306 0292 FF9B 03E8 D80F")].concat();
    let answer = decode(&both).expect("an answer");
    assert_eq!((answer.start, answer.words.len()), (Some(0), 3));
    assert_eq!(values(&both, &family_a()).map(|all| all.len()), Ok(3));
    let ph_alone = [framed("0103 0003 0001"), framed("0103 02 0037")].concat();
    assert_eq!(values(&ph_alone, &family_a()), Ok(pairs(&[("ph", 5.5)])));
}

#[test]
fn the_same_registers_mean_something_else_to_family_b() {
    let frame = framed("0103 06 FC0F 0E4C 00C8");
    let expected = [
        ("soil-temperature", -10.09),
        ("soil-moisture", 36.6),
        ("ec", 200.0),
    ];
    assert_eq!(values(&frame, &family_b()), Ok(pairs(&expected)));
}

#[test]
fn a_map_of_ones_own_has_its_functions_words_and_offsets() {
    let mut level = line("water-level", 0x10, Form::Float32, 100.0);
    level.register.function = 4;
    level.register.low_word_first = true;
    let mut kelvin = line("water-temperature", 0x12, Form::Unsigned16, 0.1);
    kelvin.register.function = 4;
    kelvin.register.offset = -273.15;
    let map = [level, kelvin, line("other", 0, Form::Unsigned16, 1.0)];
    // 0.25 m as a float whose lower half comes first, and 296.1 K.
    let frame = framed("0704 06 0000 3E80 0B91");
    let expected = [("water-level", 25.0), ("water-temperature", 22.95)];
    assert_eq!(values(&frame, &map), Ok(pairs(&expected)));
}

#[test]
fn what_a_line_disturbed_is_refused_with_its_reason() {
    let good = hex("010306 0292 FF9B 03E8 D80F");
    let mut flipped = good.clone();
    flipped[4] ^= 0x10;
    for (bytes, reason, part) in [
        (vec![], DeadReason::NotModbus, "0 bytes"),
        (hex("0103 06"), DeadReason::NotModbus, "3 bytes"),
        (good[..9].to_vec(), DeadReason::NotModbus, "checksum"),
        (flipped, DeadReason::NotModbus, "checksum"),
        (framed("0103 06 0292"), DeadReason::NotModbus, "names 6"),
        (
            framed("0103 05 0292010203"),
            DeadReason::NotModbus,
            "names 5",
        ),
        (framed("0103 00"), DeadReason::NotModbus, "names 0"),
        (
            framed("0003 02 0292"),
            DeadReason::NotModbus,
            "unit address 0",
        ),
        (
            framed("F803 02 0292"),
            DeadReason::NotModbus,
            "unit address 248",
        ),
        (
            framed("0106 0001 0003"),
            DeadReason::NotModbus,
            "function 6",
        ),
        (
            framed("0103 0000 0003"),
            DeadReason::NotModbus,
            "without its answer",
        ),
        (
            framed("0183 02"),
            DeadReason::ModbusException,
            "illegal data address",
        ),
        (
            framed("0184 0B"),
            DeadReason::ModbusException,
            "exception 11",
        ),
        (vec![1; 513], DeadReason::NotModbus, "513 bytes"),
    ] {
        let refused = values(&bytes, &family_a()).expect_err(part);
        assert_eq!(refused.reason, reason, "{refused}");
        assert!(refused.detail.contains(part), "{refused}");
    }
}

#[test]
fn an_answer_to_somebody_else_is_refused() {
    let request = framed("0103 0000 0001");
    for answer in ["0203 02 0292", "0104 02 0292", "0103 04 0292 0001"] {
        let both = [request.clone(), framed(answer)].concat();
        assert_eq!(decode(&both), Err(FrameError::NotItsAnswer), "{answer}");
    }
    let exception = [request, framed("0183 04")].concat();
    assert_eq!(decode(&exception), Err(FrameError::Exception(4)));
}

#[test]
fn registers_that_no_map_has_are_refused() {
    for (bytes, map) in [
        (framed("0104 02 0292"), family_a()),
        (framed("0103 02 0292"), Vec::new()),
        (
            [framed("0103 0040 0001"), framed("0103 02 0292")].concat(),
            family_a(),
        ),
    ] {
        let refused = values(&bytes, &map).expect_err("nothing is known of them");
        assert_eq!(refused.reason, DeadReason::UnknownChannel);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = values(&bytes, &family_a());
    }

    /// With a right checksum more of the bytes is looked at.
    #[test]
    fn no_frame_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut frame = body;
        frame.extend(CHECKSUM.checksum(&frame).to_le_bytes());
        let _ = values(&frame, &family_a());
    }

    #[test]
    fn one_flipped_bit_is_noticed(place in 0_usize..11, bit in 0_u8..8) {
        let mut frame = hex("010306 0292 FF9B 03E8 D80F");
        frame[place] ^= 1 << bit;
        prop_assert!(decode(&frame).is_err());
    }
}
