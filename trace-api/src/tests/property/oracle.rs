//! What is right: the life of a lot as the design tells it, in plain words and numbers. Nothing here
//! comes from the product.

/// The life of a lot: `growing → harvested → in_test → released | held → shipped → sold_out`,
/// a held lot may be set free, and everything after the harvest may be called back.
const LEGAL: [(&str, &str); 14] = [
    ("growing", "harvested"),
    ("harvested", "in_test"),
    ("in_test", "released"),
    ("in_test", "held"),
    ("released", "held"),
    ("held", "released"),
    ("released", "shipped"),
    ("shipped", "sold_out"),
    ("harvested", "recalled"),
    ("in_test", "recalled"),
    ("released", "recalled"),
    ("held", "recalled"),
    ("shipped", "recalled"),
    ("sold_out", "recalled"),
];

/// The last day that anything may be of: today, as days after the lots were sown.
pub(super) const TODAY: i64 = 13;

/// A use of a pesticide on the field.
#[derive(Debug, Clone)]
pub(super) struct Spraying {
    /// For one lot, or for every lot of the field.
    pub(super) lot: Option<usize>,
    /// Days after the sowing; may be before it.
    pub(super) day: i64,
    /// Days that the label asks for.
    pub(super) interval: i64,
    /// Entered by mistake.
    pub(super) voided: bool,
}

impl Spraying {
    /// Whether a harvest of a lot on a day lies inside the interval.
    fn forbids(&self, lot: usize, day: i64) -> bool {
        let concerns = self.lot.is_none_or(|own| own == lot);
        !self.voided && concerns && self.day <= day && day < self.day + self.interval
    }
}

/// A certificate.
#[derive(Debug, Clone)]
pub(super) struct Paper {
    pub(super) lot: usize,
    pub(super) quantity: f64,
    pub(super) stands: bool,
}

/// A lot.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts of the record, each set by another act"
)]
#[derive(Debug, Clone)]
pub(super) struct Lot {
    pub(super) state: &'static str,
    /// In the field, or made in the workshop.
    is_grown: bool,
    harvested: Option<i64>,
    quantity: f64,
    waived: bool,
    /// A result stands against it.
    blocked: bool,
    passed: bool,
    confirmed: bool,
    went_in: f64,
    sources: Vec<usize>,
}

/// Everything of a case.
#[derive(Debug, Clone, Default)]
pub(super) struct Farm {
    pub(super) lots: Vec<Lot>,
    pub(super) sprayings: Vec<Spraying>,
    pub(super) papers: Vec<Paper>,
}

impl Farm {
    pub(super) fn sow(&mut self) {
        self.lots.push(Lot {
            state: "growing",
            is_grown: true,
            harvested: None,
            quantity: 400.0,
            waived: false,
            blocked: false,
            passed: false,
            confirmed: false,
            went_in: 0.0,
            sources: Vec::new(),
        });
    }

    /// Moves a lot along; a way that the life does not have is a fault of this model.
    fn go(&mut self, lot: usize, way: &[&'static str]) {
        for to in way {
            let from = self.lots[lot].state;
            assert!(
                LEGAL.contains(&(from, to)),
                "the model goes from {from} to {to}"
            );
            self.lots[lot].state = to;
        }
    }

    fn is_forbidden(&self, lot: usize, day: i64) -> bool {
        self.sprayings
            .iter()
            .any(|spraying| spraying.forbids(lot, day))
    }

    /// A use is written down; a lot that was harvested inside its interval is stopped.
    pub(super) fn spray(&mut self, spraying: Spraying) -> bool {
        for lot in 0..self.lots.len() {
            let one = &self.lots[lot];
            let cut = one.harvested.filter(|_| one.is_grown);
            let broken = cut.is_some_and(|day| spraying.forbids(lot, day));
            if broken && ["in_test", "released"].contains(&one.state) {
                self.go(lot, &["held"]);
            }
        }
        self.sprayings.push(spraying);
        true
    }

    pub(super) fn harvest(&mut self, lot: usize, day: i64, quantity: f64) -> bool {
        let one = &self.lots[lot];
        let may = one.state == "growing" && (one.waived || !self.is_forbidden(lot, day));
        if may {
            self.go(lot, &["harvested"]);
            self.lots[lot].harvested = Some(day);
            self.lots[lot].quantity = quantity;
        }
        may
    }

    pub(super) fn waive(&mut self, lot: usize) -> bool {
        let may = self.lots[lot].state == "growing";
        self.lots[lot].waived |= may;
        may
    }

    pub(super) fn sample(&mut self, lot: usize) -> bool {
        match self.lots[lot].state {
            "harvested" => self.go(lot, &["in_test"]),
            "in_test" | "released" | "held" | "shipped" => {}
            _ => return false,
        }
        true
    }

    pub(super) fn test(&mut self, lot: usize, passes: bool, laboratory: bool) -> bool {
        let state = self.lots[lot].state;
        if state == "growing" {
            return false;
        }
        let one = &mut self.lots[lot];
        one.passed |= passes;
        one.confirmed |= passes && laboratory;
        // A positive stands until a laboratory finds otherwise.
        one.blocked = !passes || (one.blocked && !laboratory);
        match (state, passes) {
            ("harvested", true) => self.go(lot, &["in_test", "released"]),
            ("harvested", false) => self.go(lot, &["in_test", "held"]),
            ("in_test", true) => self.go(lot, &["released"]),
            ("in_test" | "released", false) => self.go(lot, &["held"]),
            _ => {}
        }
        true
    }

    pub(super) fn release(&mut self, lot: usize, by_supervisor: bool) -> bool {
        let one = &self.lots[lot];
        let way: &[&'static str] = match (by_supervisor, one.state) {
            (true, "held" | "in_test") | (false, "in_test") => &["released"],
            (false, "harvested") => &["in_test", "released"],
            _ => return false,
        };
        if one.blocked {
            return false;
        }
        self.go(lot, way);
        true
    }

    pub(super) fn hold(&mut self, lot: usize) -> bool {
        let may = ["in_test", "released"].contains(&self.lots[lot].state);
        if may {
            self.go(lot, &["held"]);
        }
        may
    }

    pub(super) fn ship(&mut self, lot: usize) -> bool {
        match self.lots[lot].state {
            "released" => self.go(lot, &["shipped"]),
            "shipped" => {}
            _ => return false,
        }
        true
    }

    pub(super) fn sell_out(&mut self, lot: usize) -> bool {
        let may = self.lots[lot].state == "shipped";
        if may {
            self.go(lot, &["sold_out"]);
        }
        may
    }

    /// Two lots, or one twice, are packed into a new one.
    pub(super) fn pack(&mut self, inputs: &[usize], each: f64) -> bool {
        let free =
            |lot: &usize| ["harvested", "released", "shipped"].contains(&self.lots[*lot].state);
        let twice = inputs.len() == 2 && inputs[0] == inputs[1];
        if twice || !inputs.iter().all(free) {
            return false;
        }
        for lot in inputs {
            self.lots[*lot].went_in += each;
        }
        self.sow();
        let made = self.lots.len() - 1;
        self.go(made, &["harvested"]);
        let one = &mut self.lots[made];
        one.is_grown = false;
        one.harvested = Some(TODAY);
        one.quantity = each * inputs.len() as f64;
        one.sources = inputs.to_vec();
        true
    }

    fn has_paper(&self, lot: usize) -> bool {
        self.papers
            .iter()
            .any(|paper| paper.lot == lot && paper.stands)
    }

    /// How much a certificate of everything that has none would cover, if it may be issued.
    pub(super) fn certify(&mut self, lot: usize, basis: &str) -> Option<f64> {
        let one = &self.lots[lot];
        let is_there = ["harvested", "in_test", "released", "shipped"].contains(&one.state);
        let inside = one.is_grown && one.harvested.is_some_and(|day| self.is_forbidden(lot, day));
        let met = match basis {
            "own_test" => one.passed && !one.blocked,
            "commissioned_test" => one.confirmed,
            _ => true,
        };
        let own = self
            .papers
            .iter()
            .filter(|paper| paper.lot == lot && paper.stands);
        let covered: f64 = own.map(|paper| paper.quantity).sum();
        let left = one.quantity - covered - one.went_in;
        let with_papers = one.sources.iter().all(|source| self.has_paper(*source));
        let may = is_there && (one.waived || !inside) && met && !one.blocked && with_papers;
        if !may || left <= 1e-9 {
            return None;
        }
        self.papers.push(Paper {
            lot,
            quantity: left,
            stands: true,
        });
        Some(left)
    }

    /// Calls a lot back with everything that came of it.
    pub(super) fn recall(&mut self, lot: usize) -> bool {
        if ["growing", "recalled"].contains(&self.lots[lot].state) {
            return false;
        }
        let mut reached = vec![lot];
        while let Some(at) = reached.pop() {
            if self.lots[at].state != "recalled" {
                self.go(at, &["recalled"]);
            }
            for paper in self.papers.iter_mut().filter(|paper| paper.lot == at) {
                paper.stands = false;
            }
            let came = (0..self.lots.len()).filter(|made| self.lots[*made].sources.contains(&at));
            reached.extend(came);
        }
        true
    }

    pub(super) fn may_label(&self, lot: usize) -> bool {
        !["held", "recalled", "sold_out"].contains(&self.lots[lot].state)
    }
}
