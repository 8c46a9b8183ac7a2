//! The county's outline as the operator supplies it: a GeoJSON file (RFC 7946) that names its 审图号.
//! Maps of China need the approval of their surveying authority, so none is bundled, and a file
//! without its number is refused. Read strictly and within bounds; what is kept is as coarse as a
//! screen can show.

use serde_json::Value;

/// Most bytes of a file.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most positions of a file.
const POSITIONS_MAX: usize = 200_000;
/// Most rings of a file: a county with many enclaves has some dozens.
const RINGS_MAX: usize = 500;
/// Longest 审图号, characters.
const APPROVAL_CHARS_MAX: usize = 40;
/// Names under which the number may stand.
const APPROVAL_NAMES: [&str; 3] = ["审图号", "shentuhao", "map_approval"];
/// Degrees east and north within which a county of China lies.
const EAST: std::ops::RangeInclusive<f64> = 73.0..=136.0;
const NORTH: std::ops::RangeInclusive<f64> = 3.0..=54.0;
/// What a point may lie beside the drawn line, as a share of the county's extent.
const TOLERANCE: f64 = 0.002;

/// Why an outline was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutlineError {
    /// Too long a file.
    #[error("the outline is larger than {BYTES_MAX} bytes")]
    TooLarge,
    /// No JSON.
    #[error("the outline is no JSON")]
    NotJson,
    /// Something else than a polygon, or a collection of them.
    #[error("the outline has {0:?} where GeoJSON has a Polygon or MultiPolygon")]
    NotPolygons(String),
    /// No 审图号.
    #[error(
        "the outline does not name its 审图号 (a member \"审图号\", for example 湘S(2023)001号)"
    )]
    NoApproval,
    /// A ring that does not close, or with fewer than four positions.
    #[error("ring {0} of the outline does not close")]
    OpenRing(usize),
    /// A position that is no pair of degrees in China.
    #[error("a position of ring {0} is not degrees east and north in China (WGS 84)")]
    Position(usize),
    /// Too many rings or positions.
    #[error("the outline has more than {RINGS_MAX} rings or {POSITIONS_MAX} positions")]
    TooMany,
}

/// Positions as degrees east and north; the first is the last.
type Ring = Vec<(f64, f64)>;

/// A county's outline.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    approval: String,
    rings: Vec<Ring>,
}

impl Outline {
    /// Reads a GeoJSON file.
    pub fn parse(bytes: &[u8]) -> Result<Self, OutlineError> {
        if bytes.len() > BYTES_MAX {
            return Err(OutlineError::TooLarge);
        }
        let root: Value = serde_json::from_slice(bytes).map_err(|_| OutlineError::NotJson)?;
        let features = features(&root);
        let approval = approval(&root)
            .or_else(|| features.iter().find_map(|feature| approval(feature)))
            .ok_or(OutlineError::NoApproval)?;
        let mut reader = Reader::default();
        for feature in features {
            reader.geometry(feature)?;
        }
        if reader.rings.is_empty() {
            return Err(OutlineError::NotPolygons(kind(&root).to_owned()));
        }
        let tolerance = extent(&reader.rings) * TOLERANCE;
        let mut rings: Vec<Ring> = reader
            .rings
            .iter()
            .map(|ring| simplify(ring, tolerance))
            .collect();
        // Islets below the drawing's grain vanish, unless nothing would be left.
        if rings.iter().any(|ring| ring.len() > 3) {
            rings.retain(|ring| ring.len() > 3);
        }
        Ok(Self { approval, rings })
    }

    /// Its 审图号.
    #[must_use]
    pub fn approval(&self) -> &str {
        &self.approval
    }

    /// Its rings, outer and inner ones.
    pub(super) fn rings(&self) -> &[Ring] {
        &self.rings
    }

    /// Every position.
    pub(super) fn corners(&self) -> impl Iterator<Item = (f64, f64)> {
        self.rings.iter().flatten().copied()
    }
}

fn kind(value: &Value) -> &str {
    value["type"].as_str().unwrap_or("nothing")
}

/// The features of a collection; else the value itself.
fn features(root: &Value) -> Vec<&Value> {
    match (kind(root), root["features"].as_array()) {
        ("FeatureCollection", Some(features)) => features.iter().collect(),
        _ => vec![root],
    }
}

/// The 审图号 of a value or of its properties.
fn approval(value: &Value) -> Option<String> {
    let holders = [value, &value["properties"]];
    let texts = holders
        .iter()
        .flat_map(|holder| APPROVAL_NAMES.map(|name| holder[name].as_str()));
    texts
        .flatten()
        .map(str::trim)
        .find(|text| {
            text.chars().count() <= APPROVAL_CHARS_MAX
                && text.ends_with('号')
                && text.contains(|c: char| c.is_ascii_digit())
                && !text.contains(char::is_control)
        })
        .map(str::to_owned)
}

/// Collects rings within bounds.
#[derive(Default)]
struct Reader {
    rings: Vec<Ring>,
    positions: usize,
}

impl Reader {
    fn geometry(&mut self, value: &Value) -> Result<(), OutlineError> {
        let coordinates = &value["coordinates"];
        match kind(value) {
            "Feature" if kind(&value["geometry"]) != "Feature" => self.geometry(&value["geometry"]),
            "Polygon" => self.polygon(coordinates),
            "MultiPolygon" => {
                let polygons = coordinates.as_array();
                let polygons = polygons.ok_or(OutlineError::OpenRing(self.rings.len()))?;
                polygons.iter().try_for_each(|one| self.polygon(one))
            }
            other => Err(OutlineError::NotPolygons(other.to_owned())),
        }
    }

    fn polygon(&mut self, coordinates: &Value) -> Result<(), OutlineError> {
        let number = self.rings.len();
        let rings = coordinates.as_array();
        for ring in rings.ok_or(OutlineError::OpenRing(number))? {
            self.ring(ring)?;
        }
        Ok(())
    }

    fn ring(&mut self, value: &Value) -> Result<(), OutlineError> {
        let number = self.rings.len();
        let open = OutlineError::OpenRing(number);
        let positions = value.as_array().ok_or(open.clone())?;
        self.positions += positions.len();
        if number >= RINGS_MAX || self.positions > POSITIONS_MAX {
            return Err(OutlineError::TooMany);
        }
        let ring: Option<Ring> = positions.iter().map(position).collect();
        let ring = ring.ok_or(OutlineError::Position(number))?;
        if ring.len() < 4 || ring.first() != ring.last() {
            return Err(open);
        }
        self.rings.push(ring);
        Ok(())
    }
}

/// Degrees east and north, a height at most besides.
fn position(value: &Value) -> Option<(f64, f64)> {
    let numbers = value.as_array().filter(|n| (2..=3).contains(&n.len()))?;
    let (longitude, latitude) = (numbers[0].as_f64()?, numbers[1].as_f64()?);
    let inside = EAST.contains(&longitude) && NORTH.contains(&latitude);
    inside.then_some((longitude, latitude))
}

/// The longer side of what the rings cover, degrees.
fn extent(rings: &[Ring]) -> f64 {
    let side = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) = rings
            .iter()
            .flatten()
            .map(of)
            .fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        high - low
    };
    side(|p| p.0).max(side(|p| p.1))
}

/// Douglas and Peucker's simplification of a closed ring, without recursion: from the first
/// position and the one farthest from it, the farthest between is kept as long as it is off the
/// line by more than `tolerance`.
fn simplify(ring: &[(f64, f64)], tolerance: f64) -> Ring {
    let last = ring.len() - 1;
    let start = ring[0];
    let away = |i: &usize| (ring[*i].0 - start.0).hypot(ring[*i].1 - start.1);
    let far = (0..=last)
        .max_by(|a, b| away(a).total_cmp(&away(b)))
        .unwrap_or_default();
    let mut keep = vec![false; ring.len()];
    for index in [0, far, last] {
        keep[index] = true;
    }
    let mut open = vec![(0, far), (far, last)];
    while let Some((a, b)) = open.pop() {
        let off = |i: usize| distance(ring[i], ring[a], ring[b]);
        let worst = (a + 1..b).max_by(|i, j| off(*i).total_cmp(&off(*j)));
        let Some(worst) = worst.filter(|i| off(*i) > tolerance) else {
            continue;
        };
        keep[worst] = true;
        open.extend([(a, worst), (worst, b)]);
    }
    let kept = ring.iter().zip(&keep).filter(|(_, keep)| **keep);
    kept.map(|(place, _)| *place).collect()
}

/// How far a point lies from the line between two others.
fn distance(point: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (px, py) = (point.0 - a.0, point.1 - a.1);
    let length = dx.hypot(dy);
    if length == 0.0 {
        return px.hypot(py);
    }
    (dx * py - dy * px).abs() / length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SQUARE: &str = "[[[109.0,28.5],[110.5,28.5],[110.5,29.5],[109.0,29.5],[109.0,28.5]]]";

    fn parse(text: &str) -> Result<Outline, OutlineError> {
        Outline::parse(text.as_bytes())
    }

    fn polygon(member: &str, coordinates: &str) -> String {
        format!(r#"{{"type":"Polygon",{member}"coordinates":{coordinates}}}"#)
    }

    #[test]
    fn an_outline_needs_the_number_of_its_approval() {
        assert_eq!(parse(&polygon("", SQUARE)), Err(OutlineError::NoApproval));
        for bad in ["", "号", "GS 2024", "第九号\u{7}"] {
            let member = format!("\"审图号\":{},", Value::from(bad));
            assert_eq!(
                parse(&polygon(&member, SQUARE)),
                Err(OutlineError::NoApproval),
                "{bad}"
            );
        }
        let found = parse(&polygon("\"审图号\":\" GS（2024）0650号 \",", SQUARE));
        assert_eq!(
            found.as_ref().map(Outline::approval),
            Ok("GS（2024）0650号")
        );
    }

    #[test]
    fn collections_and_many_polygons_are_read() {
        let text = format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature",
                "properties":{{"map_approval":"湘S(2023)001号"}},
                "geometry":{{"type":"MultiPolygon","coordinates":[{SQUARE},{SQUARE}]}}}}]}}"#
        );
        assert_eq!(parse(&text).map(|outline| outline.rings.len()), Ok(2));
    }

    #[test]
    fn what_is_no_outline_is_refused_with_its_reason() {
        let with = |coordinates: &str| parse(&polygon("\"审图号\":\"湘1号\",", coordinates));
        assert_eq!(parse("no"), Err(OutlineError::NotJson));
        let point = r#"{"type":"Point","审图号":"湘1号","coordinates":[109.0,28.5]}"#;
        assert_eq!(
            parse(point),
            Err(OutlineError::NotPolygons("Point".to_owned()))
        );
        let open = "[[[109.0,28.5],[110.5,28.5],[110.5,29.5],[109.0,29.5]]]";
        assert_eq!(with(open), Err(OutlineError::OpenRing(0)));
        assert_eq!(with("[[[109.0,28.5]]]"), Err(OutlineError::OpenRing(0)));
        // Latitude first, or metres of a projection.
        let swapped = "[[[28.5,109.0],[28.5,110.5],[29.5,110.5],[28.5,109.0]]]";
        assert_eq!(with(swapped), Err(OutlineError::Position(0)));
        let metres = "[[[500000,3150000],[510000,3150000],[510000,3160000],[500000,3150000]]]";
        assert_eq!(with(metres), Err(OutlineError::Position(0)));
        let ring = format!("[{}]", vec!["[109.0,28.5]"; POSITIONS_MAX + 1].join(","));
        assert_eq!(with(&format!("[{ring}]")), Err(OutlineError::TooMany));
        let nested = format!("{}{}", "[".repeat(500), "]".repeat(500));
        assert!(with(&nested).is_err());
        let huge = vec![b' '; BYTES_MAX + 1];
        assert_eq!(Outline::parse(&huge), Err(OutlineError::TooLarge));
    }

    #[test]
    fn a_fine_line_becomes_a_coarse_one() {
        let side = (0..2_000).map(|i| format!("[{},28.5]", 109.0 + f64::from(i) * 0.0005));
        let ring = side.collect::<Vec<_>>().join(",");
        let text = format!("[[{ring},[110.0,29.5],[109.0,29.5],[109.0,28.5]]]");
        let outline = parse(&polygon("\"审图号\":\"湘1号\",", &text));
        let corners = outline.map(|outline| outline.rings[0].len());
        assert!(corners.is_ok_and(|n| (4..=6).contains(&n)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fall_over(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Outline::parse(&bytes);
        }

        #[test]
        fn a_simplified_ring_still_closes(
            places in proptest::collection::vec((109.0_f64..110.0, 28.0_f64..29.0), 3..60),
        ) {
            let mut ring = places;
            ring.push(ring[0]);
            let simple = simplify(&ring, 0.01);
            prop_assert_eq!(simple.first(), simple.last());
            for place in &ring {
                let near = simple.windows(2).any(|pair| distance(*place, pair[0], pair[1]) <= 0.011);
                prop_assert!(near);
            }
        }
    }
}
