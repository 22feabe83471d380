"""The product microservice: REST API -> function -> table."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.function import ShopFunction, allow
from penstock_constructs.on_demand_table import OnDemandTable
from penstock_constructs.rest_service import RestService

ROUTES = ("GET /product", "POST /product", "GET /product/{id}", "PUT /product/{id}", "DELETE /product/{id}")


class Product(Construct):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        table = OnDemandTable(self, "Table", partition_key="id", keep=True)
        table.add_global_secondary_index(
            index_name="category",
            partition_key=dynamodb.Attribute(name="category", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        )
        idempotency = OnDemandTable(self, "Idempotency", partition_key="id", time_to_live="expiration", keep=False)
        function = ShopFunction(
            self,
            "Function",
            service="product",
            handler="functions.product.api.handler",
            environment={"PRODUCT_TABLE": table.table_name, "IDEMPOTENCY_TABLE": idempotency.table_name},
        )
        allow(function, table.table_arn, "dynamodb", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Scan")
        allow(function, f"{table.table_arn}/index/category", "dynamodb", "Query")
        allow(function, idempotency.table_arn, "dynamodb", "GetItem", "PutItem", "UpdateItem", "DeleteItem")
        self.rest = RestService(self, "Rest", function=function, routes=ROUTES)
