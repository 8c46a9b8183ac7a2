//! What grows in front of the camera, by the season: hedges, vines, trees, water, beds, hens.

use super::canvas::{Canvas, H, Rgb, W, chance, mix, shade};
use super::sky::{HORIZON, light};
use super::{Scene, Subject};

/// Days of a year.
const YEAR_DAYS: f32 = 365.2425;

/// Draws the ground and what stands on it.
pub fn draw(canvas: &mut Canvas, scene: &Scene<'_>) {
    let land = Land {
        scene: *scene,
        light: light(scene),
        day: (scene.at_s as f64 / 86_400.0 % f64::from(YEAR_DAYS)) as f32,
    };
    match scene.subject {
        Subject::Tea => land.tea(canvas),
        Subject::Kiwi => land.kiwi(canvas),
        Subject::Citrus => land.citrus(canvas),
        Subject::Paddy => land.paddy(canvas),
        Subject::Radish => land.radish(canvas),
        Subject::Hens => land.hens(canvas),
        // Indoors; drawn elsewhere.
        Subject::Smoke => {}
    }
}

/// The land before the camera.
struct Land<'a> {
    scene: Scene<'a>,
    light: f32,
    /// Days since the beginning of January.
    day: f32,
}

impl Land<'_> {
    fn lit(&self, rgb: Rgb) -> Rgb {
        shade(rgb, self.light)
    }

    fn chance(&self, number: u64) -> f32 {
        chance(self.scene.site, number)
    }

    /// How far between two days of the year, 0 to 1.
    fn since(&self, from: f32, to: f32) -> f32 {
        ((self.day - from) / (to - from)).clamp(0.0, 1.0)
    }

    fn ground(&self, canvas: &mut Canvas, far: Rgb, near: Rgb) {
        let stops = [(self.lit(far), 1.0), (self.lit(near), 1.0)];
        canvas.band((HORIZON - 4.0, H), stops);
    }

    /// A row's height on the picture: the near ones are far apart.
    fn row(row: u64, rows: u64) -> (f32, f32) {
        let near = (row as f32 + 0.6) / rows as f32;
        (
            HORIZON + 6.0 + near.powf(1.7) * (H - HORIZON + 14.0),
            0.25 + near * 1.05,
        )
    }

    /// Hedges along the slope, light with young leaves in spring.
    fn tea(&self, canvas: &mut Canvas) {
        self.ground(canvas, [0.36, 0.37, 0.22], [0.40, 0.29, 0.19]);
        let young = 1.0 - (self.day - 105.0).abs().min(80.0) / 80.0;
        let leaf = mix([0.15, 0.30, 0.14], [0.19, 0.42, 0.15], self.scene.summer);
        let leaf = mix(leaf, [0.46, 0.63, 0.22], young * 0.75);
        for row in 0..10 {
            let (y, size) = Self::row(row, 10);
            let bend = |x: f32| (x / 190.0 + self.chance(40) * 6.0).sin() * 13.0 * size;
            let top = |x: f32| {
                let bush = (x / (13.0 * size) + row as f32 * 1.7).sin().abs();
                y + bend(x) - (17.0 + 5.0 * bush) * size
            };
            self.hedge(canvas, (row, size), (&top, &|x| y + bend(x)), leaf);
        }
    }

    fn hedge(
        &self,
        canvas: &mut Canvas,
        (row, size): (u64, f32),
        (top, foot): (&dyn Fn(f32) -> f32, &dyn Fn(f32) -> f32),
        leaf: Rgb,
    ) {
        let steps = || (0..=128).map(|step| step as f32 * 5.0);
        let back = || steps().collect::<Vec<_>>().into_iter().rev();
        let whole = steps().map(|x| (x, top(x)));
        let under = back().map(|x| (x, foot(x) + 3.0 * size));
        canvas.shape(whole.chain(under), self.lit(shade(leaf, 0.55)), 1.0);
        let crown = steps().map(|x| (x, top(x)));
        let inner = back().map(|x| (x, top(x) + 11.0 * size));
        canvas.shape(crown.chain(inner), self.lit(leaf), 1.0);
        for tip in 0..70_u64 {
            let x = self.chance(row * 97 + tip) * W;
            let y = top(x) + self.chance(row * 89 + tip + 500) * 9.0 * size;
            canvas.blob(
                (x, y),
                (2.6 * size, 1.4 * size),
                self.lit(shade(leaf, 1.3)),
                0.7,
            );
        }
    }

    /// Vines on wires: bare in winter, a roof of leaves in summer, brown fruit before harvest.
    fn kiwi(&self, canvas: &mut Canvas) {
        self.ground(canvas, [0.33, 0.41, 0.20], [0.34, 0.36, 0.19]);
        let leaves = self.since(85.0, 140.0) * (1.0 - self.since(300.0, 335.0));
        let fruit = self.since(190.0, 240.0) * (1.0 - self.since(270.0, 292.0));
        let leaf = mix(
            [0.24, 0.45, 0.16],
            [0.62, 0.50, 0.18],
            self.since(280.0, 320.0),
        );
        for row in 0..5 {
            let (y, size) = Self::row(row, 5);
            let wire = y - 92.0 * size;
            for post in 0..7_u64 {
                let x = (post as f32 - 3.0) * 150.0 * size + W / 2.0 + self.chance(7) * 40.0;
                canvas.line(
                    (x, y),
                    (x, wire),
                    5.0 * size,
                    self.lit([0.46, 0.44, 0.41]),
                    1.0,
                );
            }
            canvas.line(
                (0.0, wire),
                (W, wire),
                1.6 * size,
                self.lit([0.35, 0.35, 0.35]),
                1.0,
            );
            for spot in 0..90_u64 {
                let draw = |n| self.chance(row * 1_000 + spot * 5 + n);
                let (x, y) = (draw(0) * W, wire + (draw(1) - 0.4) * 26.0 * size);
                if draw(2) < leaves {
                    let tone = self.lit(shade(leaf, 0.75 + 0.5 * draw(3)));
                    canvas.blob((x, y), (15.0 * size, 10.0 * size), tone, 0.95);
                }
                if draw(4) < fruit * 0.35 {
                    let brown = self.lit([0.47, 0.34, 0.17]);
                    canvas.blob((x, y + 14.0 * size), (4.2 * size, 5.6 * size), brown, 1.0);
                }
            }
        }
    }

    /// Round trees that never lose their leaves, orange before harvest.
    fn citrus(&self, canvas: &mut Canvas) {
        self.ground(canvas, [0.38, 0.43, 0.22], [0.41, 0.38, 0.21]);
        let ripe = self.since(270.0, 310.0) * (1.0 - self.since(350.0, 364.0));
        let bloom = 1.0 - (self.day - 112.0).abs().min(14.0) / 14.0;
        for row in 0..5 {
            let (y, size) = Self::row(row, 5);
            for tree in 0..7_u64 {
                let shift = self.chance(row * 11 + tree) * 30.0;
                let x = (tree as f32 - 3.0) * 128.0 * size + W / 2.0 + shift * size;
                self.tree(canvas, (x, y), size, (row * 7 + tree, ripe, bloom));
            }
        }
    }

    fn tree(
        &self,
        canvas: &mut Canvas,
        (x, y): (f32, f32),
        size: f32,
        (number, ripe, bloom): (u64, f32, f32),
    ) {
        let leaf = [0.15, 0.34, 0.14];
        canvas.blob(
            (x, y + 2.0),
            (40.0 * size, 8.0 * size),
            [0.0, 0.0, 0.0],
            0.25,
        );
        canvas.line(
            (x, y),
            (x, y - 30.0 * size),
            7.0 * size,
            self.lit([0.3, 0.23, 0.17]),
            1.0,
        );
        for puff in 0..14_u64 {
            let draw = |n| self.chance(number * 400 + puff * 3 + n);
            let place = (
                x + (draw(0) - 0.5) * 62.0 * size,
                y - (34.0 + (draw(1) - 0.4) * 44.0) * size,
            );
            let tone = self.lit(shade(leaf, 0.7 + 0.7 * draw(2)));
            canvas.blob(place, (20.0 * size, 17.0 * size), tone, 1.0);
        }
        for dot in 0..26_u64 {
            let draw = |n| self.chance(number * 400 + 100 + dot * 3 + n);
            let place = (
                x + (draw(0) - 0.5) * 76.0 * size,
                y - (36.0 + (draw(1) - 0.45) * 58.0) * size,
            );
            let (orange, white) = (self.lit([0.95, 0.55, 0.10]), self.lit([0.97, 0.97, 0.93]));
            if draw(2) < ripe {
                canvas.blob(place, (3.8 * size, 3.6 * size), orange, 1.0);
            } else if draw(2) < bloom {
                canvas.blob(place, (2.0 * size, 2.0 * size), white, 1.0);
            }
        }
    }

    /// Terraces: water in May, green in July, gold in September, stubble after it.
    fn paddy(&self, canvas: &mut Canvas) {
        self.ground(canvas, [0.40, 0.41, 0.25], [0.38, 0.33, 0.22]);
        let gold = self.since(225.0, 262.0);
        let grown = self.since(140.0, 205.0);
        let is_planted = (132.0..272.0).contains(&self.day);
        let rice = mix(
            mix([0.45, 0.62, 0.25], [0.25, 0.50, 0.16], grown),
            [0.83, 0.67, 0.24],
            gold,
        );
        let water = mix([0.45, 0.55, 0.62], [0.75, 0.80, 0.84], self.scene.cloud);
        let water = self.lit(water);
        for step in 0..6_u64 {
            let (y, size) = Self::row(step, 6);
            let bend = |x: f32| (x / 150.0 + step as f32 * 0.9 + self.chance(3) * 6.0).sin();
            let edge = |x: f32| y - 46.0 * size + bend(x) * 11.0 * size;
            let crest = (0..=64).map(|n| n as f32 * 10.0).map(|x| (x, edge(x)));
            let soil = if is_planted {
                water
            } else {
                self.lit([0.47, 0.40, 0.26])
            };
            canvas.shape(crest.chain([(W, H), (0.0, H)]), soil, 1.0);
            for n in 0..64 {
                let (a, b) = (n as f32 * 10.0, n as f32 * 10.0 + 10.0);
                let bank = self.lit([0.24, 0.30, 0.15]);
                canvas.line((a, edge(a)), (b, edge(b)), 5.0 * size, bank, 1.0);
            }
            self.tufts(canvas, (step, size), &edge, (rice, grown, is_planted));
        }
    }

    fn tufts(
        &self,
        canvas: &mut Canvas,
        (step, size): (u64, f32),
        edge: &dyn Fn(f32) -> f32,
        (rice, grown, is_planted): (Rgb, f32, bool),
    ) {
        let stubble = [0.66, 0.58, 0.34];
        let (tone, tall) = if is_planted {
            (rice, 5.0 + 20.0 * grown)
        } else {
            (stubble, 4.0)
        };
        for line in 1..5_u64 {
            for tuft in 0..80_u64 {
                let draw = self.chance(step * 900 + line * 100 + tuft);
                let x = tuft as f32 * 8.0 + draw * 4.0;
                let foot = edge(x) + (6.0 + line as f32 * 13.0) * size;
                let lean = (draw - 0.5) * 7.0 * size;
                let tone = self.lit(shade(tone, 0.75 + 0.45 * draw));
                let wide = (1.5 + 3.2 * grown) * size;
                canvas.line((x, foot), (x + lean, foot - tall * size), wide, tone, 0.95);
            }
        }
    }

    /// Beds of leaves that grow from sowing in August on; bare earth before.
    fn radish(&self, canvas: &mut Canvas) {
        self.ground(canvas, [0.44, 0.34, 0.23], [0.36, 0.26, 0.17]);
        let late = if self.day < 60.0 { 1.0 } else { 0.0 };
        let grown = self.since(240.0, 300.0).max(late);
        for bed in 0..8 {
            let (y, size) = Self::row(bed, 8);
            let earth = self.lit([0.30, 0.21, 0.14]);
            canvas.blob((W / 2.0, y), (W * 0.7, 9.0 * size), earth, 1.0);
            for plant in 0..34_u64 {
                let draw = |n| self.chance(bed * 500 + plant * 4 + n);
                let x = (plant as f32 + draw(0)) * 19.5;
                for leaf in 0..5_u64 {
                    let fan = (leaf as f32 - 2.0) * 0.5;
                    let tip = (
                        x + fan * 15.0 * size * grown,
                        y - (6.0 + 20.0 * draw(1)) * size * grown * (1.0 - fan.abs() * 0.35),
                    );
                    let tone = self.lit(shade([0.25, 0.50, 0.17], 0.7 + 0.6 * draw(2 + leaf % 2)));
                    canvas.line((x, y), tip, 4.4 * size * grown.max(0.1), tone, grown);
                }
            }
        }
    }

    /// A yard below trees; the hens are elsewhere in every picture.
    fn hens(&self, canvas: &mut Canvas) {
        self.ground(canvas, [0.42, 0.42, 0.24], [0.47, 0.39, 0.26]);
        let wall = self.lit([0.62, 0.53, 0.41]);
        canvas.shape(
            [
                (380.0, 210.0),
                (600.0, 210.0),
                (600.0, 130.0),
                (380.0, 130.0),
            ],
            wall,
            1.0,
        );
        let roof = self.lit([0.32, 0.29, 0.28]);
        canvas.shape(
            [(362.0, 134.0), (618.0, 134.0), (590.0, 94.0), (390.0, 94.0)],
            roof,
            1.0,
        );
        let door = self.lit([0.17, 0.14, 0.11]);
        canvas.shape(
            [
                (470.0, 210.0),
                (510.0, 210.0),
                (510.0, 158.0),
                (470.0, 158.0),
            ],
            door,
            1.0,
        );
        for tree in 0..4_u64 {
            let x = 30.0 + tree as f32 * 96.0 + self.chance(tree) * 30.0;
            self.tree(canvas, (x, 216.0), 1.15, (tree + 60, 0.0, 0.0));
        }
        if self.scene.sun < 0.0 {
            return;
        }
        let seed = self.scene.site ^ self.scene.at_s.unsigned_abs();
        for hen in 0..26_u64 {
            let draw = |n| chance(seed, hen * 6 + n);
            let near = draw(0);
            let (x, y) = (draw(1) * W, 222.0 + near * 118.0);
            let size = 0.5 + near * 0.9;
            let tone = mix(
                [0.55, 0.30, 0.14],
                [0.92, 0.88, 0.80],
                (draw(2) * 3.0).floor() / 2.0,
            );
            let facing = if draw(3) < 0.5 { 1.0 } else { -1.0 };
            canvas.blob(
                (x, y + 7.0 * size),
                (9.0 * size, 2.4 * size),
                [0.0; 3],
                0.25,
            );
            canvas.blob((x, y), (9.0 * size, 6.4 * size), self.lit(tone), 1.0);
            let head = (x + facing * 8.0 * size, y - 7.0 * size);
            canvas.blob(head, (3.4 * size, 3.4 * size), self.lit(tone), 1.0);
            let comb = (head.0, head.1 - 3.0 * size);
            canvas.blob(
                comb,
                (1.8 * size, 1.6 * size),
                self.lit([0.82, 0.14, 0.12]),
                1.0,
            );
        }
    }
}
