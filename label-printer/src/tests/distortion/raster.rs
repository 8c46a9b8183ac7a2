//! What each back end puts on paper, as dots: PNG decoded, SVG drawn by librsvg, PDF drawn by
//! poppler, and printer languages as the mock printer hears them.

use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::camera::Picture;
use super::decoder::runs;
use super::{Chance, Drawn};
use crate::device::{Device, Patience};
use crate::mock::{Behaviour, MockPrinter};
use crate::{Adjust, Bitmap, Dpi, Format, PdfBook, Press};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Every label's picture; `None` where a program that draws it is missing.
pub(super) fn all(
    press: &mut Press,
    drawn: &[Drawn],
    chance: &mut Chance,
) -> Fallible<Vec<Option<Picture>>> {
    let mut pictures: Vec<Option<Picture>> = Vec::new();
    for label in drawn {
        pictures.push(match label.format {
            Format::Png => Some(of_png(&press.write(&label.sheet, Format::Png)?)?),
            Format::Svg => of_svg(&press.write(&label.sheet, Format::Svg)?, label)?,
            Format::Pdf => Some(of_pdf(press, label, chance)?),
            // Printed below, all of a language together.
            _ => None,
        });
    }
    for format in Format::ALL
        .into_iter()
        .filter(|format| format.is_language())
    {
        let places = (0..drawn.len()).filter(|at| drawn[*at].format == format);
        let places: Vec<usize> = places.collect();
        let printed = print(press, &places, drawn, format)?;
        for (at, bitmap) in places.into_iter().zip(&printed) {
            pictures[at] = Some(of_bitmap(bitmap));
        }
    }
    Ok(pictures)
}

fn of_bitmap(bitmap: &Bitmap) -> Picture {
    let (width, height) = (bitmap.width() as usize, bitmap.height() as usize);
    let mut picture = Picture::white(width, height);
    for y in 0..height {
        for x in 0..width {
            if bitmap.is_black(x as u32, y as u32) {
                picture.pixels[y * width + x] = 0;
            }
        }
    }
    picture
}

/// A picture of one bit or eight a channel, with or without colour and transparency, on white.
fn of_png(bytes: &[u8]) -> Fallible<Picture> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("no size")?];
    let info = reader.next_frame(&mut pixels)?;
    let channels = info.color_type.samples();
    let (width, height) = (info.width as usize, info.height as usize);
    let mut picture = Picture::white(width, height);
    for (at, pixel) in pixels
        .chunks_exact(channels)
        .take(width * height)
        .enumerate()
    {
        let light = u32::from(pixel[0]);
        let cover = match channels {
            2 | 4 => u32::from(pixel[channels - 1]),
            _ => 255,
        };
        picture.pixels[at] = ((light * cover + 255 * (255 - cover)) / 255) as u8;
    }
    Ok(picture)
}

fn dots(dpi: Dpi) -> &'static str {
    match dpi {
        Dpi::D203 => "203",
        Dpi::D300 => "300",
    }
}

fn pipe(program: &str, args: &[&str], input: Vec<u8>) -> Fallible<Vec<u8>> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program} must be installed: {error}"))?;
    let mut stdin = child.stdin.take().ok_or("no pipe")?;
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "the pipe broke")??;
    Ok(output.stdout)
}

fn of_svg(svg: &[u8], label: &Drawn) -> Fallible<Option<Picture>> {
    if !runs("rsvg-convert") {
        writeln!(
            std::io::stderr(),
            "\nSKIPPED labels in SVG: install librsvg2-bin"
        )?;
        return Ok(None);
    }
    let dpi = dots(label.sheet.layout.dpi);
    let args = ["-d", dpi, "-p", dpi, "-b", "white", "-f", "png"];
    of_png(&pipe("rsvg-convert", &args, svg.to_vec())?).map(Some)
}

/// A label on its page, at any place of a sheet, cut out as it is peeled off.
fn of_pdf(press: &mut Press, label: &Drawn, chance: &mut Chance) -> Fallible<Picture> {
    let (grid, layout) = (label.template.sheet, &label.sheet.layout);
    let places = grid.map_or(1, |grid| grid.labels());
    let place = chance.below(places as usize) as u32;
    let mut book = PdfBook::new(press, grid, Adjust::default(), place + 1)?;
    book.add(&label.sheet)?;
    let pdf = book.finish()?;
    let dpi = dots(layout.dpi);
    let number: f32 = dpi.parse()?;
    let pixels = |mm: f32| ((mm / 25.4 * number).round() as i32).to_string();
    let (x_mm, y_mm) = grid.map_or((0.0, 0.0), |grid| grid.place_mm(place));
    let (x, y) = (pixels(x_mm), pixels(y_mm));
    let width = pixels(f32::from(layout.size.width_mm));
    let height = pixels(f32::from(layout.size.height_mm));
    let cut = ["-x", &x, "-y", &y, "-W", &width, "-H", &height];
    let mut args = vec!["-gray", "-png", "-r", dpi];
    args.extend(cut);
    args.push("-");
    of_png(&pipe("pdftoppm", &args, pdf)?)
}

/// Sends labels to a printer of a language; returns what came out.
fn print(
    press: &mut Press,
    places: &[usize],
    drawn: &[Drawn],
    format: Format,
) -> Fallible<Vec<Bitmap>> {
    let printer = MockPrinter::start(Behaviour {
        keeps: places.len(),
        ..Behaviour::good(format)
    })?;
    let address = printer.address().parse()?;
    let mut device = Device::open(&address, format, Patience::default())?;
    for at in places {
        device.send(&press.write(&drawn[*at].sheet, format)?)?;
    }
    device.finish()?;
    assert_eq!(printer.complaints(), Vec::<String>::new());
    Ok(printer.labels())
}
