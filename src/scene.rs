//! Pictures of cameras that do not exist: hills, the sky of the hour and the season, and what
//! grows or is made there, drawn by us and marked 演示 in the picture itself. The same scene gives
//! the same bytes. Whoever wants one says what the weather is; nothing is asked here.

mod canvas;
mod crop;
mod room;
mod sky;

use anyhow::Context as _;
use exif::experimental::Writer;
use exif::{Field, In, Tag, Value};
use jpeg_encoder::{ColorType, Encoder};
use label_printer::Press;
use time::{OffsetDateTime, UtcOffset};

use canvas::{Canvas, HEIGHT, WIDTH};

/// Quality of the pictures, of 100: what field cameras send.
const QUALITY: u8 = 80;
/// Height of the burned-in lines, pixels.
const CAPTION_PIXELS: u32 = 17;

/// What a camera looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// 莓茶: hedges along the slope.
    Tea,
    /// 猕猴桃: vines on wires.
    Kiwi,
    /// 柑桔: round trees.
    Citrus,
    /// 稻田: terraces under water.
    Paddy,
    /// 萝卜: beds of leaves.
    Radish,
    /// 鸡舍: hens below trees.
    Hens,
    /// 熏房: meat over a fire, indoors.
    Smoke,
}

/// A moment in front of a camera.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What it looks at.
    pub subject: Subject,
    /// Tells one place from another.
    pub site: u64,
    /// When: Unix seconds.
    pub at_s: i64,
    /// Sine of the sun's height, negative at night.
    pub sun: f32,
    /// How much summer it is, 0 to 1.
    pub summer: f32,
    /// Cloud cover, 0 to 1.
    pub cloud: f32,
    /// Rain, millimetres an hour.
    pub rain_mm: f32,
    /// Gateway and camera, burned in.
    pub camera: &'a str,
}

/// Draws scenes; keeps the font for the burned-in lines.
#[derive(Debug)]
pub struct Painter {
    press: Press,
}

impl Painter {
    /// A painter; making one takes some milliseconds.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            press: Press::new().context("the font of the captions")?,
        })
    }

    /// A scene as a JPEG whose metadata say when it was taken.
    pub fn jpeg(&mut self, scene: &Scene<'_>) -> anyhow::Result<Vec<u8>> {
        let mut canvas = Canvas::new().context("no room for a picture")?;
        if scene.subject == Subject::Smoke {
            room::draw(&mut canvas, scene);
        } else {
            sky::draw(&mut canvas, scene);
            crop::draw(&mut canvas, scene);
            sky::draw_weather(&mut canvas, scene);
        }
        let taken = local(scene.at_s)?;
        self.burn_in(&mut canvas, scene, taken)?;
        encode(&canvas, &exif(taken)?)
    }

    /// Name and time in the picture, as cameras do, and that all of it is a demonstration.
    fn burn_in(
        &mut self,
        canvas: &mut Canvas,
        scene: &Scene<'_>,
        taken: OffsetDateTime,
    ) -> anyhow::Result<()> {
        let name = format!("演示 DEMO  {}", scene.camera);
        let name = self.press.line(&name, CAPTION_PIXELS)?;
        canvas.stamp(&name, 10, 8);
        let time = format!("{} {}", taken.date(), clock(taken));
        let time = self.press.line(&time, CAPTION_PIXELS)?;
        let left = (WIDTH - 10).saturating_sub(time.width());
        canvas.stamp(&time, left, HEIGHT - 8 - time.height());
        Ok(())
    }
}

/// `07:05:09`
fn clock(at: OffsetDateTime) -> String {
    format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

/// The wall clock of the county.
fn local(at_s: i64) -> anyhow::Result<OffsetDateTime> {
    let at = OffsetDateTime::from_unix_timestamp(at_s)?;
    Ok(at.to_offset(UtcOffset::from_hms(8, 0, 0)?))
}

/// Metadata with the time and its zone.
fn exif(taken: OffsetDateTime) -> anyhow::Result<Vec<u8>> {
    let date = taken.date();
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let time = format!("{year:04}:{month:02}:{day:02} {}", clock(taken));
    let text = |tag, text: &str| Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Ascii(vec![text.as_bytes().to_vec()]),
    };
    let fields = [
        text(Tag::DateTimeOriginal, &time),
        text(Tag::OffsetTimeOriginal, "+08:00"),
    ];
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut raw = std::io::Cursor::new(Vec::new());
    writer.write(&mut raw, false)?;
    Ok(raw.into_inner())
}

fn encode(canvas: &Canvas, exif: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut jpeg = Vec::with_capacity(64 * 1024);
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.add_exif_metadata(exif)?;
    let (width, height) = (u16::try_from(WIDTH)?, u16::try_from(HEIGHT)?);
    encoder.encode(canvas.rgba(), width, height, ColorType::Rgba)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests;
