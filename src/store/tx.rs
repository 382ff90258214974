//! A transaction, and how its statements reach the server.

use super::failover::Failover;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};
use sqlx::any::{AnyArguments, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::error::BoxDynError;
use sqlx::{Any, AnyConnection, Describe, Either, Execute, Executor, SqlStr, Transaction};

/// A transaction of the store's.
#[derive(Debug)]
pub(super) struct Tx {
    inner: Transaction<'static, Any>,
    /// Whether statements are prepared once for a connection, by a name that it keeps. A pooler that lends a connection
    /// for one transaction gives the next to somebody who does not know the names.
    keeps_statements: bool,
    failover: Failover,
}

impl Tx {
    pub(super) fn new(inner: Transaction<'static, Any>, keeps_statements: bool, failover: Failover) -> Self {
        Self { inner, keeps_statements, failover }
    }

    fn sends<E>(&mut self, query: E) -> (&mut AnyConnection, Sent<E>, &Failover) {
        (&mut self.inner, Sent { query, is_kept: self.keeps_statements }, &self.failover)
    }

    pub(super) fn backend_name(&self) -> &str {
        self.inner.backend_name()
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await
    }
}

impl<'c> Executor<'c> for &'c mut Tx {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let (connection, query, failover) = self.sends(query);
        connection.fetch_many(query).inspect_err(|error| failover.heed(error)).boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let (connection, query, failover) = self.sends(query);
        connection.fetch_optional(query).inspect_err(|error| failover.heed(error)).boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        let connection: &'c mut AnyConnection = &mut self.inner;
        connection.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Any>, sqlx::Error>>
    where
        'c: 'e,
    {
        let connection: &'c mut AnyConnection = &mut self.inner;
        connection.describe(sql)
    }
}

/// A query that is kept by the connection, or is not.
struct Sent<E> {
    query: E,
    is_kept: bool,
}

impl<'q, E: Execute<'q, Any>> Execute<'q, Any> for Sent<E> {
    fn sql(self) -> SqlStr {
        self.query.sql()
    }

    fn statement(&self) -> Option<&AnyStatement> {
        self.query.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<AnyArguments>, BoxDynError> {
        self.query.take_arguments()
    }

    fn persistent(&self) -> bool {
        self.is_kept && self.query.persistent()
    }
}
