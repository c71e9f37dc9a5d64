//! What goes into a statement: numbers, texts and bytes, borrowed from the row they are of.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A whole number: of 64 bits, whatever it counts.
    Int,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
}

/// One value. That there is none says what it would have been: PostgreSQL wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Value<'a> {
    /// Nothing, where something of this kind could be.
    Null(Kind),
    /// A number.
    Int(i64),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    /// What `from` is to the engines.
    pub(crate) fn of(from: impl IntoValue<'a>) -> Self {
        from.value()
    }

    /// What it is, or would be.
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Null(kind) => kind,
            Self::Int(_) => Kind::Int,
            Self::Text(_) => Kind::Text,
            Self::Bytes(_) => Kind::Bytes,
        }
    }
}

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null(_) => f.write_str("null"),
            Self::Int(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

/// What can go into a statement.
pub(crate) trait IntoValue<'a>: Sized {
    /// Its kind.
    const KIND: Kind;

    /// Itself.
    fn value(self) -> Value<'a>;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl<'a> IntoValue<'a> for $number {
            const KIND: Kind = Kind::Int;

            fn value(self) -> Value<'a> {
                Value::Int(self.into())
            }
        }

        impl<'a> IntoValue<'a> for &$number {
            const KIND: Kind = Kind::Int;

            fn value(self) -> Value<'a> {
                Value::Int((*self).into())
            }
        }

        impl<'a> IntoValue<'a> for &&$number {
            const KIND: Kind = Kind::Int;

            fn value(self) -> Value<'a> {
                Value::Int((**self).into())
            }
        }
    )*};
}

numbers!(i64, i32, u32, u16, u8, bool);

macro_rules! borrowed {
    ($($variant:ident: $lives:ty, $($from:ty),+;)*) => {$(
        $(impl<'a> IntoValue<'a> for $from {
            const KIND: Kind = Kind::$variant;

            fn value(self) -> Value<'a> {
                let it: $lives = self;
                Value::$variant(it)
            }
        })+
    )*};
}

borrowed! {
    Text: &'a str, &'a str, &&'a str, &'a String, &&'a String;
    Bytes: &'a [u8], &'a [u8], &&'a [u8], &'a Vec<u8>, &&'a Vec<u8>;
}

impl<'a, const N: usize> IntoValue<'a> for &'a [u8; N] {
    const KIND: Kind = Kind::Bytes;

    fn value(self) -> Value<'a> {
        Value::Bytes(self)
    }
}

impl<'a, 'b, T> IntoValue<'a> for &'b Option<T>
where
    &'b T: IntoValue<'a>,
{
    const KIND: Kind = <&'b T as IntoValue<'a>>::KIND;

    fn value(self) -> Value<'a> {
        self.as_ref().map_or(Value::Null(Self::KIND), IntoValue::value)
    }
}

impl<'a, const N: usize> IntoValue<'a> for &&'a [u8; N] {
    const KIND: Kind = Kind::Bytes;

    fn value(self) -> Value<'a> {
        Value::Bytes(*self)
    }
}

/// The values of a statement, in the order of its parameters. Each is borrowed, so that naming a
/// field of a row moves nothing.
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::sql::value::Value::of(&$value)),*] };
}
pub(crate) use params;

/// All values of a statement.
pub(crate) trait Params<'a> {
    /// As many as there are.
    type Values: AsRef<[Value<'a>]>;

    /// Themselves.
    fn values(self) -> Self::Values;
}

impl<'a> Params<'a> for () {
    type Values = [Value<'a>; 0];

    fn values(self) -> Self::Values {
        []
    }
}

impl<'a, const N: usize> Params<'a> for [Value<'a>; N] {
    type Values = Self;

    fn values(self) -> Self {
        self
    }
}

impl<'a, T: IntoValue<'a>, const N: usize> Params<'a> for [T; N] {
    type Values = [Value<'a>; N];

    fn values(self) -> Self::Values {
        self.map(IntoValue::value)
    }
}
