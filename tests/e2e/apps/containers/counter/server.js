const http = require("http");
let count = 0;
http
  .createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ count: ++count, node: true }));
  })
  .listen(3000, () => console.log("listening"));
