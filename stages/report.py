"""Write the page people open, and the pictures `dvc plots diff` shows."""

from chaconne.pages.report.page import render
from chaconne.pages.report.pictures import write_pictures
from chaconne.pages.shared.inputs import read_inputs
from chaconne.running.files import new_file, new_folder
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage


def main():
    """Write metrics/report.html and metrics/pictures/."""
    with stage("report", keep_clock=False):
        inputs = read_inputs(read_params())
        with new_folder("metrics/pictures") as temporary:
            write_pictures(inputs, temporary)
        with new_file("metrics/report.html") as temporary:
            temporary.write_text(render(inputs), encoding="utf-8")
    print("open metrics/report.html")


if __name__ == "__main__":
    main()
