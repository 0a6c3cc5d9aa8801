//! The routes as a table: to name them in metrics and to tell a wrong method from a wrong path.

use std::sync::Arc;

use matchit::Router;
use utoipa::openapi::OpenApi;

/// Pages that are not part of the OpenAPI document.
const UNDOCUMENTED: [&str; 5] = ["/", "/docs", "/docs/", "/docs/{*file}", "/openapi.json"];

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// Its path with names for what varies, `/api/v1/attempts/{id}`.
    pub template: Arc<str>,
    /// The methods that it answers.
    pub methods: Vec<&'static str>,
}

/// All routes.
pub(super) struct Routes(Router<Route>);

impl Routes {
    /// The routes of `document`, and the pages around it.
    pub(super) fn new(document: &OpenApi) -> Self {
        let mut router = Router::new();
        let mut add = |template: &str, methods: Vec<&'static str>| {
            let route = Route { template: template.into(), methods };
            // Two templates for one path would be two routes for one path: the tests call every route.
            if let Err(error) = router.insert(template, route) {
                tracing::error!(template, %error, "a route cannot be told from another");
            }
        };
        for (path, item) in &document.paths.paths {
            let methods = [
                (&item.get, "GET"),
                (&item.post, "POST"),
                (&item.put, "PUT"),
                (&item.patch, "PATCH"),
                (&item.delete, "DELETE"),
            ];
            let methods = methods.into_iter().filter(|(operation, _)| operation.is_some());
            add(path, methods.map(|(_, method)| method).collect());
        }
        for path in UNDOCUMENTED {
            add(path, vec!["GET"]);
        }
        Self(router)
    }

    /// The route that `path` belongs to, if there is one.
    pub(super) fn find(&self, path: &str) -> Option<&Route> {
        self.0.at(path).ok().map(|matched| matched.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_by_a_path_of_its_own() {
        let document = super::super::app::openapi();
        let routes = Routes::new(&document);
        for path in document.paths.paths.keys() {
            let example = path.replace(['{', '}'], "");
            assert_eq!(&*routes.find(&example).unwrap().template, path);
        }
        assert!(routes.find("/api/v1/nothing").is_none());
    }
}
