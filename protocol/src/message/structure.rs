//! `structure!`: a KMIP structure as a Rust struct. The table of the standard is the code: one line a field, in order.

/// Declares a struct together with its decoding and encoding.
///
/// ```text
/// structure! {
///     /// Request payload.
///     pub struct Request<'d> in REQUEST_PAYLOAD {
///         /// How many to return at most.
///         maximum_items: Option<i32> = MAXIMUM_ITEMS,
///         /// How many to skip.
///         offset_items: Option<i32> = OFFSET_ITEMS since V1_3,
///     }
/// }
/// ```
///
/// `T` has to be there, `Option<T>` may be, `Vec<T>` may be repeated; `since` and `until` are the first and last
/// version that has the field: at others it is neither read (so it counts as unknown) nor written. An `Option<T>` that
/// has to be there at some versions says `needed_since` or `needed_until`. With `in TAG` the struct gets
/// `decode(item, reading)` and `encode(writer, version)`; without, it is a field of other structures only.
macro_rules! structure {
    ($(#[$meta:meta])* pub struct $name:ident<$d:lifetime> $(in $outer:ident)? { $($body:tt)* }) => {
        $crate::message::structure!(@struct [$(#[$meta])*] $name [$d] { $($body)* });
        impl<$d> $crate::message::FieldValue<$d> for $name<$d> {
            $crate::message::structure!(@methods $d { $($body)* });
        }
        $( impl<$d> $name<$d> { $crate::message::structure!(@outer $d $outer); } )?
    };
    ($(#[$meta:meta])* pub struct $name:ident $(in $outer:ident)? { $($body:tt)* }) => {
        $crate::message::structure!(@struct [$(#[$meta])*] $name [] { $($body)* });
        impl<'d> $crate::message::FieldValue<'d> for $name {
            $crate::message::structure!(@methods 'd { $($body)* });
        }
        $( impl $name { $crate::message::structure!(@outer '_ $outer); } )?
    };
    (@struct [$(#[$meta:meta])*] $name:ident [$($d:lifetime)?] { $(
        $(#[$doc:meta])* $field:ident: $ty:ty = $tag:ident $(since $since:ident)? $(until $until:ident)?
            $(needed_since $needed_since:ident)? $(needed_until $needed_until:ident)?,
    )* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name $(<$d>)? { $( $(#[$doc])* pub $field: $ty, )* }
    };
    (@methods $d:lifetime {}) => {
        fn read(
            item: $crate::ttlv::ItemRef<$d>,
            reading: $crate::message::Reading,
        ) -> Result<Self, $crate::message::DecodeError> {
            $crate::message::Fields::new(item, reading)?.finish()?;
            Ok(Self {})
        }
        fn write(&self, w: &mut $crate::ttlv::Writer, tag: $crate::ttlv::Tag, _: $crate::version::Version) {
            w.structure(tag, |_| {});
        }
    };
    (@methods $d:lifetime { $(
        $(#[$doc:meta])* $field:ident: $ty:ty = $tag:ident $(since $since:ident)? $(until $until:ident)?
            $(needed_since $needed_since:ident)? $(needed_until $needed_until:ident)?,
    )* }) => {
        fn read(
            item: $crate::ttlv::ItemRef<$d>,
            reading: $crate::message::Reading,
        ) -> Result<Self, $crate::message::DecodeError> {
            let mut fields = $crate::message::Fields::new(item, reading)?;
            $( let $field = $crate::message::structure!(
                @if (reading.version) [$($since)?] [$($until)?]
                (<$ty as $crate::message::Field<$d>>::take(&mut fields, $crate::registry::tag::$tag)?)
                (<$ty as $crate::message::Field<$d>>::absent(&fields, $crate::registry::tag::$tag)?)
            ); )*
            fields.finish()?;
            $( $crate::message::structure!(@needed item reading $field $tag [$($needed_since)?] [$($needed_until)?]); )*
            Ok(Self { $($field),* })
        }
        fn write(&self, w: &mut $crate::ttlv::Writer, tag: $crate::ttlv::Tag, version: $crate::version::Version) {
            let _ = version;
            w.begin(tag);
            $( $crate::message::structure!(
                @if (version) [$($since)?] [$($until)?]
                ($crate::message::Field::put(&self.$field, w, $crate::registry::tag::$tag, version))
                ({})
            ); )*
            w.end();
        }
    };
    (@outer $d:lifetime $outer:ident) => {
        /// Takes the payload structure apart. A bare version refuses fields it does not know.
        pub fn decode(
            item: $crate::ttlv::ItemRef<$d>,
            reading: impl Into<$crate::message::Reading>,
        ) -> Result<Self, $crate::message::DecodeError> {
            $crate::message::FieldValue::read(item, reading.into())
        }
        /// Writes the payload structure, tag and all.
        pub fn encode(&self, w: &mut $crate::ttlv::Writer, version: $crate::version::Version) {
            $crate::message::FieldValue::write(self, w, $crate::registry::tag::$outer, version);
        }
    };
    (@needed $item:ident $reading:ident $field:ident $tag:ident [] []) => {};
    (@needed $item:ident $reading:ident $field:ident $tag:ident $since:tt $until:tt) => {
        let there = $crate::message::structure!(@if ($reading.version) $since $until ($field.is_some()) (true));
        if !there {
            return Err($crate::message::DecodeError::Missing { tag: $crate::registry::tag::$tag, at: $item.offset() });
        }
    };
    (@if ($version:expr) [] [] ($then:expr) ($else:expr)) => { $then };
    (@if ($version:expr) [$since:ident] [] ($then:expr) ($else:expr)) => {
        if $version >= $crate::version::Version::$since { $then } else { $else }
    };
    (@if ($version:expr) [] [$until:ident] ($then:expr) ($else:expr)) => {
        if $version <= $crate::version::Version::$until { $then } else { $else }
    };
    (@if ($version:expr) [$since:ident] [$until:ident] ($then:expr) ($else:expr)) => {
        if ($crate::version::Version::$since..=$crate::version::Version::$until).contains(&$version) {
            $then
        } else {
            $else
        }
    };
}
pub(crate) use structure;
