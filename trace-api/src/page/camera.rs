//! Pictures on pages: an address, a size and when it was taken. Which pictures a reader may see is
//! decided before they come here.

use model::time::Timestamp;

use super::Words;

/// A picture to show small, with a link to the whole one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shot {
    /// Address of the whole picture.
    pub href: String,
    /// Address of the small one.
    pub small: String,
    /// Pixels of the whole one, so that the page keeps its shape while it loads.
    pub width: u32,
    /// Pixels of the whole one.
    pub height: u32,
    /// When it was taken.
    pub at: Timestamp,
    /// True where nobody said when it was taken, and the time is its arrival's.
    pub by_arrival: bool,
    /// Gateway and camera, such as `demo-gw / demo-cam`.
    pub camera: String,
}

/// A camera at a desk, with the newest that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraCard {
    /// Gateway and camera.
    pub name: String,
    /// The plot that it looks at.
    pub plot: Option<Words>,
    /// The newest picture.
    pub latest: Option<Shot>,
}
