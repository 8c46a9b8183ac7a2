//! 承诺达标合格证: the promise that goes with a batch of produce, as 农业农村部令 2025 年第 4 号 asks
//! for it. Here are its words and its look on A4, A6 and on a label; which lot may have one, and on
//! which basis, is decided elsewhere.

use crate::error::LabelError;
use crate::label::{CodeLink, Field, Label};
use crate::layout::Layout;
use crate::page::{Cell, CodeBox, EDGES, Page};
use crate::press::{Press, Sheet};
use crate::size::{Dpi, Size};

/// The certificate's name, which must be prominent.
pub const TITLE: &str = "承诺达标合格证";

/// What the producer promises.
pub const PROMISE: [&str; 3] = [
    "不使用国家禁止使用的农药、兽药及其他化合物；",
    "使用的常规农药、兽药残留不超过限量标准；",
    "对承诺的真实性负责。",
];

/// What the promise rests on: exactly these three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// Quality and safety are under control.
    Controlled,
    /// Tested by the producer.
    SelfTested,
    /// Tested by somebody who was asked to.
    Commissioned,
}

impl Basis {
    /// All, in the rule's order.
    pub const ALL: [Self; 3] = [Self::Controlled, Self::SelfTested, Self::Commissioned];

    /// The rule's words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Controlled => "质量安全控制符合要求",
            Self::SelfTested => "自行检测合格",
            Self::Commissioned => "委托检测合格",
        }
    }
}

/// A certificate to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// 产品名称.
    pub product: String,
    /// 数量, with its unit.
    pub quantity: String,
    /// 产地.
    pub origin: String,
    /// 开具时间, as it is to be read, for example `2026-11-20`.
    pub issued: String,
    /// 承诺主体.
    pub producer: String,
    /// 联系方式: a business contact.
    pub contact: String,
    /// What the promise rests on; at least one.
    pub basis: Vec<Basis>,
    /// The lot's code.
    pub lot: String,
    /// What its code says: the same link as on labels and pages (多码合一).
    pub link: CodeLink,
}

/// What a certificate is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A sheet for the wall and for the file.
    A4,
    /// A card for the box.
    A6,
    /// A label of this size; 60 x 40 mm holds all fields.
    Label(Size),
}

impl Certificate {
    /// The certificate as a label.
    #[must_use]
    pub fn label(&self) -> Label {
        let basis: Vec<_> = self.basis.iter().map(|basis| basis.words()).collect();
        Label::new(self.link.clone())
            .with(Field::Regime, TITLE)
            .with(Field::Product, &self.product)
            .with(Field::Weight, &self.quantity)
            .with(Field::Origin, &self.origin)
            .with(Field::Issued, &self.issued)
            .with(Field::Producer, &self.producer)
            .with(Field::Contact, &self.contact)
            .with(Field::Basis, &basis.join("、"))
            .with(Field::Lot, &self.lot)
    }

    /// The fields that the rule asks for and the lot, in the order in which they are printed.
    fn rows(&self) -> [(&'static str, Field, &str); 7] {
        [
            ("产品名称", Field::Product, &self.product),
            ("数量（重量）", Field::Weight, &self.quantity),
            ("产地", Field::Origin, &self.origin),
            ("承诺主体", Field::Producer, &self.producer),
            ("联系方式", Field::Contact, &self.contact),
            ("开具时间", Field::Issued, &self.issued),
            ("批次", Field::Lot, &self.lot),
        ]
    }

    /// The first field that the rule asks for and that is empty.
    fn missing(&self) -> Option<Field> {
        let empty = self
            .rows()
            .into_iter()
            .find(|(_, _, text)| text.trim().is_empty());
        let field = empty.map(|(_, field, _)| field);
        field.or_else(|| self.basis.is_empty().then_some(Field::Basis))
    }
}

impl Press {
    /// Draws a certificate. A field that the rule asks for may not be empty.
    pub fn certificate(
        &mut self,
        certificate: &Certificate,
        form: Form,
        dpi: Dpi,
    ) -> Result<Sheet, LabelError> {
        if let Some(field) = certificate.missing() {
            return Err(LabelError::FieldMissing(field));
        }
        let label = certificate.label();
        self.check(&label)?;
        let size = match form {
            Form::Label(size) => return self.compose(&label, size, dpi),
            Form::A4 => Size::of(210, 297),
            Form::A6 => Size::of(105, 148),
        };
        let layout = Page::new(self, size).lay_out(certificate, dpi)?;
        self.prove(layout, certificate.link.as_str())
    }
}

/// Where the table's texts begin, in units.
const TEXTS_X: f32 = 33.0;

/// Where the table's text ends above the code, in units.
const CODE_TOP: f32 = 112.0;

/// The code's place.
const CODE: CodeBox = CodeBox {
    top: CODE_TOP,
    room: 28.0,
    module: 0.6,
};

impl Page<'_> {
    fn lay_out(mut self, certificate: &Certificate, dpi: Dpi) -> Result<Layout, LabelError> {
        self.title();
        self.promise(certificate);
        self.table(certificate)?;
        let notes = [
            "扫码查看生产过程、检测结果",
            "一码多用：合格证、追溯、数字标签",
        ];
        for (line, note) in (0_u8..).zip(notes) {
            self.text(note, 3.2, EDGES.0, CODE_TOP + 18.0 + 4.6 * f32::from(line));
        }
        self.finish((certificate.link.as_str(), dpi), CODE)
    }

    fn title(&mut self) {
        self.middle(TITLE, 9.6, 7.0);
        self.line(20.5, 0.5);
    }

    fn promise(&mut self, certificate: &Certificate) {
        self.text("我承诺对生产销售的食用农产品：", 3.9, EDGES.0, 23.0);
        for (line, words) in (0_u8..).zip(PROMISE) {
            self.text(words, 3.6, EDGES.0 + 3.0, 28.6 + 5.0 * f32::from(line));
        }
        self.text("承诺依据：", 3.9, EDGES.0, 45.0);
        for (line, basis) in (0_u8..).zip(Basis::ALL) {
            let y = 45.2 + 5.0 * f32::from(line);
            self.tick_box(30.0, y + 0.5, certificate.basis.contains(&basis));
            self.text(basis.words(), 3.6, 35.5, y);
        }
        self.line(61.5, 0.25);
    }

    /// Captions and texts in two columns; a long text shrinks, then wraps, then is refused.
    fn table(&mut self, certificate: &Certificate) -> Result<(), LabelError> {
        let mut y = 64.0;
        for (caption, field, text) in certificate.rows() {
            self.text(caption, 3.9, EDGES.0, y);
            let cell = Cell {
                x: TEXTS_X,
                width: EDGES.1 - TEXTS_X,
                sizes: (4.2, 2.6),
                lines_max: 2,
            };
            let height = self.cell(cell, (text, field), y)?;
            y += height.max(4.6) + 1.4;
        }
        if y > CODE_TOP {
            return Err(LabelError::TextTooLong {
                field: Field::Producer,
                size: self.size,
                fits: None,
            });
        }
        Ok(())
    }

    /// A box, with a bold dot in it where it is ticked: a tick would need a glyph that fonts lack.
    fn tick_box(&mut self, x: f32, y: f32, ticked: bool) {
        const SIDE: f32 = 3.4;
        const LINE: f32 = 0.3;
        self.fill(x, y, SIDE, LINE);
        self.fill(x, y + SIDE - LINE, SIDE, LINE);
        self.fill(x, y, LINE, SIDE);
        self.fill(x + SIDE - LINE, y, LINE, SIDE);
        if ticked {
            self.fill(x + 0.8, y + 0.8, SIDE - 1.6, SIDE - 1.6);
        }
    }
}
