//! The cameras: where each hangs, what it looks at, and how often it takes a picture.

use super::devices::DEMO_GATEWAY;
use super::plots::TEA_GARDEN;
use crate::scene::Subject;

/// The camera that visitors may publish as, at `demo-gw`.
pub const DEMO_CAMERA: &str = "demo-cam";

/// A camera on paper.
#[derive(Debug, Clone, Copy)]
pub struct Camera {
    /// Its gateway's id.
    pub gateway: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// The plot that it looks at.
    pub plot: &'static str,
    /// What is to be seen there.
    pub subject: Subject,
    /// Days between two pictures.
    pub every_days: i64,
}

impl Camera {
    /// Its place in [`CAMERAS`], from 1.
    pub fn number(&self) -> i64 {
        let same = |other: &Self| other.gateway == self.gateway && other.name == self.name;
        CAMERAS
            .iter()
            .zip(1..)
            .find(|(other, _)| same(other))
            .map_or(0, |(_, number)| number)
    }
}

const fn camera(
    at: (&'static str, &'static str),
    plot: &'static str,
    subject: Subject,
    every_days: i64,
) -> Camera {
    let (gateway, name) = at;
    Camera {
        gateway,
        name,
        plot,
        subject,
        every_days,
    }
}

/// Every camera.
#[rustfmt::skip]
pub const CAMERAS: [Camera; 9] = [
    camera((DEMO_GATEWAY, DEMO_CAMERA), TEA_GARDEN, Subject::Tea, 5),
    camera(("ys-shidi-tea", "cam-01"), "cloud-tea", Subject::Tea, 8),
    camera(("ys-shidi-kiwi", "cam-01"), "kiwi-saddle", Subject::Kiwi, 7),
    camera(("ys-songbai-kiwi", "cam-01"), "kiwi-high", Subject::Kiwi, 8),
    camera(("ys-songbai-rice", "cam-01"), "rice-basin", Subject::Paddy, 5),
    camera(("ys-furong-citrus", "cam-01"), "citrus-river", Subject::Citrus, 8),
    camera(("ys-wanmin-bacon", "cam-01"), "smoke-house", Subject::Smoke, 9),
    camera(("ys-duishan-egg", "cam-01"), "hens-1", Subject::Hens, 3),
    camera(("ys-cheping-radish", "cam-01"), "radish-top", Subject::Radish, 4),
];
