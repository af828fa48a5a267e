"""Write the page people open, and the pictures `dvc plots diff` shows."""

from chaconne.files import new_file, new_folder
from chaconne.report.inputs import read_inputs
from chaconne.report.page import render
from chaconne.report.pictures import write_pictures
from chaconne.stage import read_params, stage


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
