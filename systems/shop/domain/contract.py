"""How a checked-out basket is announced on the bus. What basket publishes, ordering's rule matches."""

SOURCE = "com.swn.basket.checkoutbasket"
DETAIL_TYPE = "CheckoutBasket"
