from importlib.metadata import version

from flask import Flask, request

app = Flask(__name__)
entries = []


@app.route("/", methods=["GET", "POST"])
def book():
    if request.method == "POST":
        return {"you": request.get_json()["name"], "forwarded": request.headers["X-Forwarded-For"]}, 201
    return {"flask": version("flask")}
