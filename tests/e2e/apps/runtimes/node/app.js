exports.handler = async (event) => {
  const order = JSON.parse(event.body);
  const total = order.lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
  return { statusCode: 200, body: JSON.stringify({ id: order.id, total }) };
};
