import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/** Says of each file whether it is PDF/A-2b, and which rules it breaks. */
public class Check {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        var foundry = Foundries.defaultInstance();
        for (var file : files) {
            try (var parser = foundry.createParser(new FileInputStream(file), PDFAFlavour.PDFA_2_B)) {
                var result = foundry.createValidator(PDFAFlavour.PDFA_2_B, false).validate(parser);
                System.out.println((result.isCompliant() ? "ok " : "not ok ") + file);
                result.getTestAssertions().stream()
                    .filter(assertion -> assertion.getStatus() == TestAssertion.Status.FAILED)
                    .map(Check::rule)
                    .distinct()
                    .forEach(line -> System.out.println("  " + line));
            }
        }
    }

    /** Clause of ISO 19005-2, number of the test, and what it asks. */
    private static String rule(TestAssertion assertion) {
        var rule = assertion.getRuleId();
        return rule.getClause() + "-" + rule.getTestNumber() + " " + assertion.getMessage();
    }
}
