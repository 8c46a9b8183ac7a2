//! Cuts a text into QR segments so that the bits are fewest: the exact answer by dynamic
//! programming, which the encoder's own left-to-right merging does not always find.

use qrcode::optimize::Segment;
use qrcode::types::{Mode, Version};

/// Costs are counted in sixths of a bit, so that 5½ and 3⅓ bits a character are whole numbers.
const PER_BIT: usize = 6;

/// The modes that a link can use, and the cost of one character in each.
const MODES: [(Mode, usize); 3] = [
    (Mode::Byte, 48),
    (Mode::Alphanumeric, 33),
    (Mode::Numeric, 20),
];

/// The cheapest segments of `data` in a symbol of this version.
pub(crate) fn segments(data: &[u8], version: Version) -> Vec<Segment> {
    let heads = MODES
        .map(|(mode, _)| (version.mode_bits_count() + mode.length_bits_count(version)) * PER_BIT);
    let mut costs: [Option<usize>; 3] = [None; 3];
    // For each character and mode: the mode of the character before it on the cheapest way.
    let mut ways: Vec<[usize; 3]> = Vec::with_capacity(data.len());
    for (at, byte) in data.iter().enumerate() {
        let mut next = [None; 3];
        let mut way = [0; 3];
        for (to, (mode, per_char)) in MODES
            .into_iter()
            .enumerate()
            .filter(|(_, m)| takes(m.0, *byte))
        {
            let best = if at == 0 {
                Some((heads[to], to))
            } else {
                cheapest(&costs, to, heads[to])
            };
            debug_assert!(mode != Mode::Kanji, "links have no Kanji segments");
            next[to] = best.map(|(cost, _)| cost + per_char);
            way[to] = best.map_or(to, |(_, from)| from);
        }
        costs = next;
        ways.push(way);
    }
    trace_back(&ways, &costs)
}

/// The cheapest way to go on in mode `to`: stay in it, or begin a segment.
fn cheapest(costs: &[Option<usize>; 3], to: usize, head: usize) -> Option<(usize, usize)> {
    costs
        .iter()
        .enumerate()
        .filter_map(|(from, cost)| {
            let ended = |cost: usize| cost.div_ceil(PER_BIT) * PER_BIT + head;
            cost.map(|cost| (if from == to { cost } else { ended(cost) }, from))
        })
        .min_by_key(|(cost, from)| (*cost, *from != to))
}

fn trace_back(ways: &[[usize; 3]], costs: &[Option<usize>; 3]) -> Vec<Segment> {
    let last = costs
        .iter()
        .enumerate()
        .filter_map(|(mode, cost)| cost.map(|cost| (cost, mode)));
    let mut mode = last.min().map_or(0, |(_, mode)| mode);
    let mut segments: Vec<Segment> = Vec::new();
    for (at, way) in ways.iter().enumerate().rev() {
        match segments.last_mut() {
            Some(open) if open.mode == MODES[mode].0 => open.begin = at,
            _ => segments.push(Segment {
                mode: MODES[mode].0,
                begin: at,
                end: at + 1,
            }),
        }
        mode = way[mode];
    }
    segments.reverse();
    segments
}

fn takes(mode: Mode, byte: u8) -> bool {
    match mode {
        Mode::Numeric => byte.is_ascii_digit(),
        Mode::Alphanumeric => {
            byte.is_ascii_digit() || byte.is_ascii_uppercase() || b" $%*+-./:".contains(&byte)
        }
        Mode::Byte => true,
        Mode::Kanji => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use qrcode::optimize::{Parser, total_encoded_len};

    #[test]
    fn only_the_scheme_of_a_link_is_bytes_and_a_gtin_is_numeric() {
        let found = segments(
            b"https://EXAMPLE.CN/01/09506000134352/10/A1B2",
            Version::Normal(4),
        );
        let modes: Vec<_> = found.iter().map(|s| (s.mode, s.begin, s.end)).collect();
        let expected = [
            (Mode::Byte, 0, 5),
            (Mode::Alphanumeric, 5, 22),
            (Mode::Numeric, 22, 36),
            (Mode::Alphanumeric, 36, 44),
        ];
        assert_eq!(modes, expected);
        assert!(segments(b"", Version::Normal(1)).is_empty());
    }

    proptest! {
        #[test]
        fn segments_cover_the_text_and_cost_no_more_than_the_greedy_ones(
            text in "[a-z]{0,12}[A-Z:/]{0,12}[0-9]{0,20}[A-Z0-9/-]{0,20}[a-z0-9]{0,12}",
            v in 1_i16..=40,
        ) {
            let version = Version::Normal(v);
            let found = segments(text.as_bytes(), version);
            let mut end = 0;
            for segment in &found {
                prop_assert_eq!(segment.begin, end);
                end = segment.end;
                let part = &text.as_bytes()[segment.begin..end];
                prop_assert!(part.iter().all(|byte| takes(segment.mode, *byte)));
            }
            prop_assert_eq!(end, text.len());
            if !text.is_empty() {
                let greedy: Vec<_> = Parser::new(text.as_bytes()).optimize(version).collect();
                let bits = |segments: &[Segment]| total_encoded_len(segments, version);
                prop_assert!(bits(&found) <= bits(&greedy));
            }
        }
    }
}
