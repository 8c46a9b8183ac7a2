//! What is behind every field: the sky of the hour, hills one behind the other, and the weather in
//! front of it all.

use super::Scene;
use super::canvas::{Canvas, H, Rgb, W, chance, mix, shade};

/// Where the land begins, pixels from the top.
pub const HORIZON: f32 = 170.0;

const NOON: [Rgb; 2] = [[0.30, 0.54, 0.84], [0.80, 0.89, 0.95]];
const GREY: [Rgb; 2] = [[0.58, 0.62, 0.66], [0.82, 0.84, 0.84]];
const DUSK: [Rgb; 2] = [[0.28, 0.34, 0.56], [0.98, 0.72, 0.45]];
const NIGHT: [Rgb; 2] = [[0.03, 0.05, 0.11], [0.10, 0.13, 0.22]];

/// The sky's colours above and at the horizon.
fn colours(scene: &Scene<'_>) -> [Rgb; 2] {
    let day = ((scene.sun - 0.02) / 0.28).clamp(0.0, 1.0);
    let dark = ((0.0 - scene.sun) / 0.16).clamp(0.0, 1.0);
    core::array::from_fn(|i| {
        let fair = mix(DUSK[i], NOON[i], day);
        let lit = mix(fair, shade(GREY[i], 0.55 + 0.45 * day), scene.cloud * 0.9);
        mix(lit, NIGHT[i], dark)
    })
}

/// How light the land is.
pub fn light(scene: &Scene<'_>) -> f32 {
    let day = ((scene.sun + 0.12) / 0.5).clamp(0.0, 1.0);
    (0.14 + 0.86 * day) * (1.0 - 0.28 * scene.cloud)
}

/// Sky, sun, clouds and hills.
pub fn draw(canvas: &mut Canvas, scene: &Scene<'_>) {
    let [above, below] = colours(scene);
    canvas.band((0.0, H), [(above, 1.0), (below, 1.0)]);
    if scene.sun > 0.0 && scene.cloud < 0.75 {
        let x = W * (0.2 + 0.6 * chance(scene.site, 1));
        let y = HORIZON - 20.0 - scene.sun * 130.0;
        let glow = mix([1.0, 0.78, 0.45], [1.0, 0.98, 0.90], scene.sun * 2.0);
        for (radius, alpha) in [(60.0, 0.10), (34.0, 0.16), (17.0, 0.9)] {
            canvas.blob((x, y), (radius, radius), glow, alpha * (1.0 - scene.cloud));
        }
    }
    clouds(canvas, scene, below);
    hills(canvas, scene, below);
}

fn clouds(canvas: &mut Canvas, scene: &Scene<'_>, below: Rgb) {
    let count = (scene.cloud * 16.0) as u64;
    let white = mix(below, [1.0, 1.0, 1.0], 0.55 * light(scene));
    // Clouds drift: another day has others.
    let day = scene.at_s.div_euclid(7_200).unsigned_abs();
    for cloud in 0..count {
        let draw = |number| chance(scene.site ^ day, cloud * 7 + number);
        let (x, y) = (draw(0) * W, 14.0 + draw(1) * 110.0);
        let size = 26.0 + 54.0 * draw(2);
        for puff in 0..4_u64 {
            let aside = (draw(3 + puff % 3) - 0.5) * size * 1.6 + puff as f32 * size * 0.3;
            let high = size * (0.22 + 0.1 * draw(2 + puff % 4));
            canvas.blob(
                (x + aside, y),
                (size * 0.7, high),
                white,
                0.16 + 0.12 * scene.cloud,
            );
        }
    }
}

/// Three ridges, the far ones in haze; the county has no plain.
fn hills(canvas: &mut Canvas, scene: &Scene<'_>, haze: Rgb) {
    let green = mix([0.30, 0.32, 0.22], [0.16, 0.34, 0.17], scene.summer);
    for ridge in 0..3_u64 {
        let near = ridge as f32 / 2.0;
        let base = HORIZON - 46.0 + near * 40.0;
        let swing = 46.0 - near * 16.0;
        let rgb = mix(shade(green, light(scene)), haze, 0.66 - 0.5 * near);
        let height = |x: f32| {
            let wave = |n: u64, length: f32| {
                let phase = chance(scene.site, 20 + ridge * 8 + n) * core::f32::consts::TAU;
                (x / length + phase).sin()
            };
            base - swing
                * (0.5 + 0.3 * wave(0, 120.0) + 0.14 * wave(1, 43.0) + 0.05 * wave(2, 13.0))
        };
        let crest = (0..=80).map(|step| step as f32 * 8.0);
        let crest = crest.map(|x| (x, height(x)));
        let ends = [(W, HORIZON + 40.0), (0.0, HORIZON + 40.0)];
        canvas.shape(crest.chain(ends), rgb, 1.0);
    }
}

/// Rain and dusk lie over everything.
pub fn draw_weather(canvas: &mut Canvas, scene: &Scene<'_>) {
    if scene.rain_mm > 0.15 {
        let count = (60.0 + scene.rain_mm * 60.0).min(400.0) as u64;
        let seed = scene.site ^ scene.at_s.unsigned_abs();
        for drop in 0..count {
            let (x, y) = (chance(seed, drop * 2) * W, chance(seed, drop * 2 + 1) * H);
            canvas.line((x, y), (x - 3.0, y + 15.0), 1.0, [0.86, 0.9, 0.94], 0.35);
        }
        canvas.band(
            (0.0, H),
            [([0.7, 0.73, 0.76], 0.28), ([0.7, 0.73, 0.76], 0.10)],
        );
    } else if scene.cloud > 0.8 && scene.summer < 0.6 {
        // Mist in the valley.
        let mist = ([0.86, 0.88, 0.89], 0.42 * light(scene));
        canvas.band((HORIZON - 50.0, HORIZON + 50.0), [mist, (mist.0, 0.0)]);
    }
}
