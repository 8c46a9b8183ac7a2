//! A smoke room: beams, meat that darkens over the weeks, a small fire and its smoke. No window,
//! so it looks the same by day and by night.

use super::Scene;
use super::canvas::{Canvas, H, Rgb, W, chance, mix};

/// Draws the room.
pub fn draw(canvas: &mut Canvas, scene: &Scene<'_>) {
    canvas.band(
        (0.0, H),
        [([0.13, 0.10, 0.08], 1.0), ([0.24, 0.16, 0.10], 1.0)],
    );
    for plank in 0..9 {
        let x = plank as f32 * 80.0;
        canvas.line((x, 0.0), (x, H), 2.0, [0.08, 0.06, 0.05], 0.8);
    }
    let flicker = chance(scene.site, scene.at_s.unsigned_abs());
    for (radius, alpha) in [(260.0, 0.10), (150.0, 0.13), (80.0, 0.18), (36.0, 0.35)] {
        let glow = (W / 2.0, H - 6.0);
        canvas.blob(
            glow,
            (radius * 1.3, radius),
            [1.0, 0.55, 0.18],
            alpha * (0.8 + 0.4 * flicker),
        );
    }
    hang(canvas, scene);
    fire(canvas, scene);
    smoke(canvas, scene);
}

/// Strips of meat on two beams: pink at first, dark after six weeks.
fn hang(canvas: &mut Canvas, scene: &Scene<'_>) {
    // The season begins in the last days of December.
    let day = scene.at_s.div_euclid(86_400);
    let weeks = ((day + 8).rem_euclid(365) as f32 / 42.0).min(1.0);
    let lean = mix([0.62, 0.27, 0.20], [0.30, 0.13, 0.07], weeks);
    let fat = mix([0.88, 0.74, 0.60], [0.62, 0.42, 0.20], weeks);
    for beam in 0..2_u64 {
        let (y, size) = (46.0 + beam as f32 * 40.0, 0.8 + beam as f32 * 0.35);
        canvas.line((0.0, y), (W, y), 8.0 * size, [0.20, 0.14, 0.10], 1.0);
        for strip in 0..11_u64 {
            let draw = |n| chance(scene.site, beam * 500 + strip * 5 + n);
            let x = (strip as f32 + 0.3 + 0.4 * draw(0)) * 58.0;
            let (wide, tall) = (15.0 * size, (92.0 + 34.0 * draw(1)) * size);
            let skew = (draw(2) - 0.5) * 10.0;
            let piece = |from: f32, to: f32| -> [(f32, f32); 4] {
                [
                    (x + from * wide, y + 8.0),
                    (x + to * wide, y + 8.0),
                    (x + to * wide + skew, y + tall),
                    (x + from * wide + skew, y + tall - 6.0),
                ]
            };
            canvas.line((x, y), (x, y + 10.0), 1.5, [0.7, 0.62, 0.45], 1.0);
            canvas.shape(piece(-1.0, 1.0), lean, 1.0);
            canvas.shape(piece(-0.4, -0.05), fat, 0.9);
            canvas.shape(piece(0.45, 0.75), fat, 0.8);
        }
    }
}

fn fire(canvas: &mut Canvas, scene: &Scene<'_>) {
    let seed = scene.site ^ scene.at_s.unsigned_abs();
    for log in 0..4 {
        let x = W / 2.0 - 60.0 + log as f32 * 34.0;
        canvas.line(
            (x, H - 12.0),
            (x + 46.0, H - 22.0),
            11.0,
            [0.16, 0.10, 0.07],
            1.0,
        );
    }
    for flame in 0..12_u64 {
        let draw = |n| chance(seed, flame * 3 + n);
        let x = W / 2.0 + (draw(0) - 0.5) * 96.0;
        let tall = 12.0 + 34.0 * draw(1);
        let tone: Rgb = mix([0.98, 0.42, 0.08], [1.0, 0.84, 0.32], draw(2));
        let tip = [
            (x - 6.0, H - 20.0),
            (x + 6.0, H - 20.0),
            (x, H - 20.0 - tall),
        ];
        canvas.shape(tip, tone, 0.85);
    }
}

fn smoke(canvas: &mut Canvas, scene: &Scene<'_>) {
    let seed = scene.site ^ scene.at_s.unsigned_abs();
    for puff in 0..40_u64 {
        let draw = |n| chance(seed, 900 + puff * 4 + n);
        let (x, y) = (draw(0) * W, draw(1) * H * 0.9);
        let size = 30.0 + 60.0 * draw(2);
        canvas.blob((x, y), (size * 1.6, size * 0.6), [0.72, 0.68, 0.63], 0.035);
    }
}
