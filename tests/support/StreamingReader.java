import java.io.OutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Lists the names in the zip on standard input, which it reads to the end without seeking. */
class StreamingReader {
    public static void main(String[] arguments) throws Exception {
        ZipInputStream zip = new ZipInputStream(System.in);
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            zip.transferTo(OutputStream.nullOutputStream());
            System.out.println(entry.getName());
        }
    }
}
