import pytest

NOT_FOUND = ("NotFoundException", "Invalid Resource identifier specified")


@pytest.fixture
def client(client):
    return client("apigateway")


@pytest.fixture
def tree(client, unique):
    """`make(parent, part)` on an API of its own."""
    api = client.create_rest_api(name=unique)

    class Tree:
        id, root = api["id"], api["rootResourceId"]

        def make(self, parent, part):
            return client.create_resource(restApiId=self.id, parentId=parent, pathPart=part)

        def paths(self):
            return [resource["path"] for resource in client.get_resources(restApiId=self.id)["items"]]

        def patch(self, resource, op, path, value=None):
            operation = {"op": op, "path": path} | ({"value": value} if value else {})
            return {"restApiId": self.id, "resourceId": resource, "patchOperations": [operation]}

    return Tree()


def test_resources_make_a_tree(client, tree):
    pets = tree.make(tree.root, "pets")
    assert pets["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (pets["parentId"], pets["path"], pets["pathPart"]) == (tree.root, "/pets", "pets")
    below = tree.make(pets["id"], "subpets")
    assert below["path"] == "/pets/subpets"
    assert tree.paths() == ["/", "/pets", "/pets/subpets"]
    changed = client.update_resource(**tree.patch(pets["id"], "replace", "/pathPart", "dogs"))
    assert (changed["path"], changed["pathPart"]) == ("/dogs", "dogs")
    assert tree.paths() == ["/", "/dogs", "/dogs/subpets"]
    assert client.delete_resource(restApiId=tree.id, resourceId=pets["id"])["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert tree.paths() == ["/"]


def test_resources_move(client, tree, refused):
    pets = tree.make(tree.root, "pets")["id"]
    sub = tree.make(pets, "sub")["id"]
    tree.make(sub, "pets")
    cyclical = refused(client.update_resource, **tree.patch(pets, "replace", "/parentId", sub))
    assert cyclical == ("BadRequestException", "Resources cannot be cyclical.")
    moved = client.update_resource(**tree.patch(sub, "replace", "/parentId", tree.root))
    assert moved["path"] == "/sub"
    taken = refused(client.update_resource, **tree.patch(sub, "replace", "/pathPart", "pets"))
    assert taken == ("ConflictException", "Another resource with the same parent already has this name: pets")
    assert refused(client.update_resource, **tree.patch(sub, "replace", "/parentId", "nowhere")) == NOT_FOUND


def test_greedy_resources(client, tree, refused):
    proxy = tree.make(tree.root, "{proxy+}")["id"]
    tree.make(tree.make(tree.root, "parent")["id"], "{child+}")
    make = {"restApiId": tree.id}
    assert refused(client.create_resource, **make, parentId=tree.root, pathPart="{other}") == (
        "BadRequestException",
        "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed",
    )
    assert refused(client.create_resource, **make, parentId=proxy, pathPart="a") == (
        "BadRequestException",
        "Cannot create a child of a resource with a greedy path variable: {proxy+}",
    )


@pytest.mark.parametrize("part", ["a/b", "{a", "a b", "{}", "{a++}"])
def test_bad_path_parts(client, tree, refused, part):
    code, message = refused(client.create_resource, restApiId=tree.id, parentId=tree.root, pathPart=part)
    assert code == "BadRequestException"
    assert message.startswith("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable")


def test_names_are_unique_below_a_parent(client, tree, refused):
    tree.make(tree.root, "a")
    assert refused(client.create_resource, restApiId=tree.id, parentId=tree.root, pathPart="a") == (
        "ConflictException",
        "Another resource with the same parent already has this name: a",
    )


def test_unknown_resources(client, tree, refused):
    where = {"restApiId": tree.id, "resourceId": "nowhere"}
    assert refused(client.get_resource, **where) == NOT_FOUND
    assert refused(client.delete_resource, **where) == NOT_FOUND
    assert refused(client.create_resource, restApiId=tree.id, parentId="nowhere", pathPart="a") == NOT_FOUND


def test_patches_that_are_refused(client, tree, refused):
    pets = tree.make(tree.root, "pets")["id"]
    text = "Invalid patch path  '/{}' specified for op '{}'. {}"
    for op, path, end in (
        ("replace", "invalid", "Must be one of: [/parentId, /pathPart]"),
        ("remove", "pathPart", "Please choose supported operations"),
        ("add", "pathPart", "Please choose supported operations"),
    ):
        found = refused(client.update_resource, **tree.patch(pets, op, f"/{path}", "x"))
        assert found == ("BadRequestException", text.format(path, op, end))
    for path in ("pathPart", "parentId"):
        found = refused(client.update_resource, **tree.patch(tree.root, "replace", f"/{path}", "x"))
        assert found == ("BadRequestException", f"Root resource cannot update its {path}.")


def test_methods_are_embedded_on_request(client, tree):
    where = {"restApiId": tree.id, "resourceId": tree.root, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    assert client.get_resource(restApiId=tree.id, resourceId=tree.root)["resourceMethods"] == {"GET": {}}
    [root] = client.get_resources(restApiId=tree.id, embed=["methods"])["items"]
    assert root["resourceMethods"]["GET"]["authorizationType"] == "NONE"


def test_25_resources_make_a_page(client, tree):
    for number in range(30):
        tree.make(tree.root, f"r{number:02}")
    first = client.get_resources(restApiId=tree.id)
    assert len(first["items"]) == 25
    rest = client.get_resources(restApiId=tree.id, position=first["position"])
    assert (len(rest["items"]), "position" in rest) == (6, False)
    assert len(client.get_resources(restApiId=tree.id, limit=500)["items"]) == 31
