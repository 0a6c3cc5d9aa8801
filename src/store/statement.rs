//! Statements of fixed text, prepared once for each connection. diesel prepares an `UPDATE`, an upsert and
//! a raw query anew each time, which on the write path costs more than running it.

use std::marker::PhantomData;

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;

/// A value that takes the place of a `?`.
pub(super) enum Bind<'a> {
    Int(i64),
    MaybeInt(Option<i64>),
    Text(&'a str),
    Bool(bool),
    #[cfg(feature = "postgres")]
    Ints(Vec<i64>),
    #[cfg(feature = "postgres")]
    Texts(Vec<&'a str>),
    #[cfg(feature = "postgres")]
    Bools(Vec<bool>),
}

/// How a prepared statement is found again.
pub(super) trait FoundBy: 'static {
    /// Whether by its type; else by its text.
    const TYPE: bool;
}

/// By its text, which is put together and compared each time.
pub(super) struct ByText;

impl FoundBy for ByText {
    const TYPE: bool = false;
}

/// A statement that has a type to itself, to be found again at once: for those that every attempt takes.
pub(super) trait Fixed: FoundBy {
    /// Its text, with a `?` for each value and none elsewhere.
    const SQL: &'static str;
}

/// Makes the type of a statement.
macro_rules! fixed {
    ($(#[$doc:meta])* $name:ident = $sql:expr) => {
        $(#[$doc])*
        struct $name;

        impl $crate::store::statement::FoundBy for $name {
            const TYPE: bool = true;
        }

        impl $crate::store::statement::Fixed for $name {
            const SQL: &'static str = $sql;
        }
    };
}
pub(super) use fixed;

/// A statement whose rows have the SQL types `ST`.
pub(super) struct Statement<'a, ST = (), F = ByText> {
    sql: &'static str,
    binds: Vec<Bind<'a>>,
    types: PhantomData<(ST, F)>,
}

impl<'a, ST> Statement<'a, ST> {
    /// `sql` with a `?` for each of `binds`, and none elsewhere.
    pub(super) fn new(sql: &'static str, binds: Vec<Bind<'a>>) -> Self {
        debug_assert_eq!(sql.matches('?').count(), binds.len());
        Self { sql, binds, types: PhantomData }
    }
}

impl<'a, ST, F: Fixed> Statement<'a, ST, F> {
    /// The statement that `F` is, with these values.
    pub(super) fn fixed(binds: Vec<Bind<'a>>) -> Self {
        debug_assert_eq!(F::SQL.matches('?').count(), binds.len());
        Self { sql: F::SQL, binds, types: PhantomData }
    }
}

impl<ST, F: FoundBy> QueryId for Statement<'_, ST, F> {
    type QueryId = F;

    const HAS_STATIC_QUERY_ID: bool = F::TYPE;
}

impl<ST, F> Query for Statement<'_, ST, F> {
    type SqlType = ST;
}

impl<ST, F, C> diesel::RunQueryDsl<C> for Statement<'_, ST, F> {}

impl<ST, F> QueryFragment<Sqlite> for Statement<'_, ST, F> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let mut parts = self.sql.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (part, bind) in parts.zip(&self.binds) {
            match bind {
                Bind::Int(value) => out.push_bind_param::<BigInt, _>(value)?,
                Bind::MaybeInt(value) => out.push_bind_param::<Nullable<BigInt>, _>(value)?,
                Bind::Text(value) => out.push_bind_param::<Text, _>(*value)?,
                Bind::Bool(value) => out.push_bind_param::<Bool, _>(value)?,
                #[cfg(feature = "postgres")]
                Bind::Ints(_) | Bind::Texts(_) | Bind::Bools(_) => {
                    return Err(diesel::result::Error::QueryBuilderError("SQLite has no arrays".into()));
                }
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

#[cfg(feature = "postgres")]
impl<ST, F> QueryFragment<diesel::pg::Pg> for Statement<'_, ST, F> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, diesel::pg::Pg>) -> QueryResult<()> {
        use diesel::sql_types::Array;
        let mut parts = self.sql.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (part, bind) in parts.zip(&self.binds) {
            match bind {
                Bind::Int(value) => out.push_bind_param::<BigInt, _>(value)?,
                Bind::MaybeInt(value) => out.push_bind_param::<Nullable<BigInt>, _>(value)?,
                Bind::Text(value) => out.push_bind_param::<Text, _>(*value)?,
                Bind::Bool(value) => out.push_bind_param::<Bool, _>(value)?,
                Bind::Ints(values) => out.push_bind_param::<Array<BigInt>, _>(values)?,
                Bind::Texts(values) => out.push_bind_param::<Array<Text>, _>(values)?,
                Bind::Bools(values) => out.push_bind_param::<Array<Bool>, _>(values)?,
            }
            out.push_sql(part);
        }
        Ok(())
    }
}
