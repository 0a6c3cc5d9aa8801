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

/// A statement whose rows have the SQL types `ST`.
pub(super) struct Statement<'a, ST = ()> {
    sql: &'static str,
    binds: Vec<Bind<'a>>,
    types: PhantomData<ST>,
}

impl<'a, ST> Statement<'a, ST> {
    /// `sql` with a `?` for each of `binds`, and none elsewhere.
    pub(super) fn new(sql: &'static str, binds: Vec<Bind<'a>>) -> Self {
        debug_assert_eq!(sql.matches('?').count(), binds.len());
        Self { sql, binds, types: PhantomData }
    }
}

impl<ST> QueryId for Statement<'_, ST> {
    type QueryId = ();

    // Found again by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Statement<'_, ST> {
    type SqlType = ST;
}

impl<ST, C> diesel::RunQueryDsl<C> for Statement<'_, ST> {}

impl<ST> QueryFragment<Sqlite> for Statement<'_, ST> {
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
impl<ST> QueryFragment<diesel::pg::Pg> for Statement<'_, ST> {
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
